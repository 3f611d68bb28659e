"""Every page in every state: usable by everybody, within the window, and quiet under the content security policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings

from tests.e2e.conftest import Visitor
from tests.e2e.windows import WINDOWS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = [
    "/",
    "/states/frozen/",
    "/states/empty/",
    "/login/",
    "/login/refused/",
    "/locked/",
    "/errors/400/",
    "/errors/500/",
]


@pytest.fixture(autouse=True)
def gallery(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.e2e.gallery_pages"


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_every_page_meets_wcag_and_fits_its_window(visit: Callable[..., Visitor], width: int, scheme: str) -> None:
    visitor = visit(width=width, scheme=scheme)
    for path in PAGES:
        visitor.open(path)
        assert visitor.accessibility_violations() == [], path
        assert visitor.width_overflow() <= 0, path
        assert visitor.complaints == [], path


def test_open_menus_and_steps_meet_wcag_too(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.open("/")
    page.click(".steps summary")
    for menu in (".masthead-end details.menu", ".environment details.menu"):
        page.click(f"{menu} summary")
        assert visitor.accessibility_violations() == []
        page.keyboard.press("Escape")
        assert not page.locator(menu).evaluate("menu => menu.open")


def test_another_environment_is_chosen_by_post(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/")
    page.click(".environment summary")
    with page.expect_request("**/environment/") as sent:
        page.click("text=staging")
    assert sent.value.method == "POST"
    assert "environment=2" in (sent.value.post_data or "")


def test_the_environment_and_its_state_are_named_in_words(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/states/frozen/")
    shown = page.locator(".masthead .environment").inner_text()
    assert [word for word in ("production", "protected", "frozen") if word not in shown] == []


def test_a_chosen_theme_outlives_the_page_and_beats_the_system(visit: Callable[..., Visitor]) -> None:
    visitor = visit(scheme="light")
    page = visitor.open("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    for expected in ("light", "dark"):
        page.click("[data-theme-button]")
        assert page.locator("[data-theme-name]").text_content() == expected
    dark = page.evaluate(ground)
    visitor.open("/login/")
    assert page.evaluate(ground) == dark != light


def test_an_error_page_names_the_request(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/errors/500/")
    assert "7f1d3a6e-52a9-4a55-9c6c-1d6a8f0b2c11" in page.locator("main").inner_text()


def test_signing_out_is_a_post_and_never_a_link(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/")
    page.click(".masthead-end summary")
    with page.expect_request("**/logout/") as sent:
        page.click("text=Sign out")
    assert sent.value.method == "POST"
