"""The consent board in a browser: a flip changes the cell, keeps the focus, is said aloud, and never lies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from tests.e2e.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SWITCH = "#switch-value02-marketing"
CELL = '[data-cell="s1 GetPhoneForMarketing"]'


@pytest.fixture(autouse=True)
def gallery(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.e2e.gallery_pages"


def test_flipping_a_purpose_by_keyboard_changes_the_cell_and_keeps_the_focus(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.open("/")
    expect(page.locator(CELL)).to_have_attribute("data-state", "value")
    page.locator(SWITCH).focus()
    page.keyboard.press("Space")
    expect(page.locator(CELL)).to_have_attribute("data-state", "withheld")
    expect(page.locator(CELL)).to_contain_text("no consent for marketing")
    expect(page.locator(SWITCH)).to_have_attribute("aria-checked", "false")
    expect(page.locator(SWITCH)).to_be_focused()
    assert visitor.complaints == []


def test_a_flip_marks_only_the_cells_it_changed_and_is_said_aloud(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/")
    page.click(SWITCH)
    expect(page.locator("[data-changed]")).to_have_count(1)
    expect(page.locator(CELL)).to_have_attribute("data-changed", "")
    expect(page.locator("#status")).to_contain_text("Recorded in the book: userstore.consent.withdrawn, done")


def test_on_a_phone_a_line_at_the_edge_leads_to_the_entry_that_just_happened(visit: Callable[..., Visitor]) -> None:
    page = visit(width=390).open("/")
    line = page.locator(".recorded")
    expect(line).to_be_hidden()
    page.click(SWITCH)
    expect(line).to_be_in_viewport()
    line.click()
    expect(page.locator("#entry-title")).to_be_in_viewport()


def test_a_flip_that_could_not_be_recorded_leaves_the_switch_and_says_so(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/")
    page.click("#switch-value04-marketing")
    expect(page.locator("#messages")).to_contain_text("the record could not be written, so nothing was changed")
    expect(page.locator("#messages code")).not_to_be_empty()
    expect(page.locator("#switch-value04-marketing")).to_have_attribute("aria-checked", "true")


def test_a_switch_states_what_it_wants_and_works_without_scripts(visit: Callable[..., Visitor]) -> None:
    page = visit(scripts=False).open("/")
    with page.expect_request("**/board/02/marketing/") as sent:
        page.click(SWITCH)
    assert sent.value.method == "POST"
    assert "permitted=false" in (sent.value.post_data or "")


def test_without_scripts_both_ways_to_call_are_visible(visit: Callable[..., Visitor]) -> None:
    page = visit(scripts=False).open("/")
    expect(page.locator("#snippet-curl")).to_be_visible()
    expect(page.locator("#snippet-python")).to_be_visible()


def test_tabs_turn_by_arrow_key_and_stay_turned_after_a_flip(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/")
    page.locator("#snippet-tab-curl").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#snippet-tab-python")).to_be_focused()
    expect(page.locator("#snippet-curl")).to_be_hidden()
    page.click(SWITCH)
    expect(page.locator(CELL)).to_have_attribute("data-state", "withheld")
    expect(page.locator("#snippet-python")).to_be_visible()
    expect(page.locator("#snippet-curl")).to_be_hidden()


def test_copying_takes_the_whole_snippet(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/")
    page.click("[data-copy='snippet-curl-code']")
    expect(page.locator("#status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith('curl -sS "$SEALBOOK_URL')


def test_pages_leave_nothing_personal_in_the_browsers_storage(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/")
    page.click(SWITCH)
    expect(page.locator(CELL)).to_have_attribute("data-state", "withheld")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "151" not in kept and "Ada" not in kept
