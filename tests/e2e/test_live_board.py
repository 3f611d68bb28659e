"""The consent board on a running server with the phone example: what a newcomer sees and does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from audit import queries
from governance.actions.accounts import OFFICERS, define_operator
from governance.actions.environments import define_environment
from governance.actions.freezes import freeze
from governance.actions.rights import give_group_rights
from governance.identities import system_caller
from governance.models import Environment
from tests.cast import NOBODY, new_environment
from tests.e2e.conftest import Visitor
from tests.e2e.windows import WINDOWS
from userstore.demo.phone import IDS, build_phone_example

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery staple"
ADA = IDS["Ada Example"]


@pytest.fixture
def demo() -> Environment:
    """The demo's environment with an officer who may read there and a support person who may not."""
    environment = define_environment(NOBODY, name="demo", is_synthetic=True)
    build_phone_example(environment)
    give_group_rights(environment, OFFICERS, ("configure", "audit", "consent", "read"))
    define_operator(NOBODY, username="officer", password=PASSWORD, groups=(OFFICERS,))
    define_operator(NOBODY, username="support", password=PASSWORD)
    return environment


def sign_in(visitor: Visitor, name: str) -> None:
    page = visitor.open("/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state()


def cell(visitor: Visitor, accessor: str) -> str:
    found = visitor.page.locator(f'[data-cell="{ADA} {accessor}"]')
    return str(found.get_attribute("data-state"))


def test_flipping_a_purpose_changes_the_cell_at_once_and_shows_the_entry(
    demo: Environment, visit: Callable[..., Visitor]
) -> None:
    visitor = visit()
    sign_in(visitor, "officer")
    page = visitor.page
    expect(page).to_have_title("Consent board · Sealbook")
    assert cell(visitor, "GetPhoneForMarketing") == "value"
    switch = page.locator(f'tr:has([data-cell^="{ADA}"]) .number:nth-child(2) button.switch', has_text="marketing")
    switch.click()
    expect(page.locator(f'[data-cell="{ADA} GetPhoneForMarketing"]')).to_have_attribute("data-state", "withheld")
    assert cell(visitor, "GetPhoneForAuthentication") == "value"
    expect(page.locator(".entry-kind")).to_contain_text("consent.changed")
    expect(page.locator("#snippet-curl-code")).to_contain_text("/userstore/api/consents")
    expect(page.locator("#snippet-curl-code")).to_contain_text('"permitted": false')
    (entry,) = queries.entries(environment_id=demo.id, kinds=["consent.changed"])
    assert (entry.actor.kind, entry.facts["purpose"], entry.facts["permitted"]) == ("operator", "marketing", False)
    assert entry.facts["via"] == "consent board"
    assert not visitor.complaints


def test_the_board_works_without_scripts(demo: Environment, visit: Callable[..., Visitor]) -> None:
    visitor = visit(scripts=False)
    sign_in(visitor, "officer")
    visitor.page.locator(
        f'tr:has([data-cell^="{ADA}"]) .number:nth-child(1) button.switch', has_text="authentication"
    ).click()
    visitor.page.wait_for_load_state()
    assert cell(visitor, "GetPhoneForAuthentication") == "withheld"
    assert cell(visitor, "GetPhoneForMarketing") == "value"


def test_a_frozen_environment_shows_frost_and_gives_nothing(demo: Environment, visit: Callable[..., Visitor]) -> None:
    system = system_caller(demo.id)
    freeze(system, kind="accessor", target_id=IDS["GetPhoneForMarketing"])
    visitor = visit()
    sign_in(visitor, "officer")
    assert cell(visitor, "GetPhoneForMarketing") == "frozen"
    assert cell(visitor, "GetPhoneForAuthentication") == "value"


def test_only_who_may_read_sees_the_board(demo: Environment, visit: Callable[..., Visitor]) -> None:
    nobody, support = visit(), visit()
    assert "/login/" in nobody.open("/board").url
    sign_in(support, "support")
    answer = support.page.goto(f"{support.address}/board")
    assert answer is not None
    assert answer.status == 403
    assert "+49 171" not in support.page.content()


def test_real_people_are_never_on_the_board(demo: Environment, visit: Callable[..., Visitor]) -> None:
    Environment.objects.filter(pk=demo.pk).update(is_synthetic=False)
    visitor = visit()
    sign_in(visitor, "officer")
    answer = visitor.page.goto(f"{visitor.address}/board")
    assert answer is not None
    assert answer.status == 400
    assert "+49 171" not in visitor.page.content()


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_the_board_meets_wcag_on_desk_and_phone(
    demo: Environment, visit: Callable[..., Visitor], width: int, scheme: str
) -> None:
    visitor = visit(width=width, scheme=scheme)
    sign_in(visitor, "officer")
    visitor.open("/board")
    assert visitor.accessibility_violations() == []
    assert visitor.width_overflow() <= 0
    assert not visitor.complaints


def test_another_environment_shows_other_people(demo: Environment, visit: Callable[..., Visitor]) -> None:
    other = new_environment("empty")
    give_group_rights(other, OFFICERS, ("read",))
    visitor = visit()
    sign_in(visitor, "officer")
    assert "Ada Example" in visitor.page.content()
    visitor.page.request.get(f"{visitor.address}/board")
    visitor.page.evaluate(
        """async (id) => {
            const body = new FormData();
            body.set("environment", id);
            body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
            await fetch("/environment/", {method: "POST", body});
        }""",
        str(other.id),
    )
    assert "Ada Example" not in visitor.open("/board").content()
