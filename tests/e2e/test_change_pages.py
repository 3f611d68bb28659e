"""A second person for a change in a protected environment, in a real browser, at a desk and on a phone, by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

from tests.e2e.conftest import Visitor
from tests.e2e.windows import WINDOWS

if TYPE_CHECKING:
    from tests.console.people import Console

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def console(transactional_db: None) -> Iterator[Console]:
    from governance.actions.accounts import define_operator
    from governance.actions.environments import change_environment
    from governance.identities import system_caller
    from tests.console.people import PASSWORD, SYSTEM, staffed_console

    cache.clear()
    staffed = staffed_console()
    define_operator(SYSTEM, username="colleague", password=PASSWORD, groups=["Privacy officers"])
    change_environment(system_caller(staffed.environment.id), description="", is_protected=True)
    yield staffed
    cache.clear()


def sign_in(visitor: Visitor, name: str) -> None:
    from tests.console.people import PASSWORD

    page = visitor.open("/login/?next=/admin/")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")


def prove_factor(visitor: Visitor, name: str) -> None:
    """Note in the session of a browser that its operator has just proved a second factor."""
    from governance.models import Account
    from governance.operators.sessions import SessionStore
    from tests.console.people import prove

    (key,) = (cookie["value"] for cookie in visitor.page.context.cookies() if cookie["name"] == "sessionid")
    prove(SessionStore(key), Account.objects.get(username=name))


def faults(visitor: Visitor) -> list[str]:
    visitor.page.wait_for_load_state("networkidle")
    overflow = visitor.width_overflow()
    return visitor.accessibility_violations() + ([f"{overflow} px too wide"] if overflow > 0 else [])


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_an_officer_saves_a_draft_and_a_colleague_approves_it_by_keyboard(
    visit: Callable[..., Visitor], console: Console, width: int, scheme: str
) -> None:
    script = "function policy(context, params) {\n  return context.server.purpose_names.length > 0;\n}"
    officer = visit(width=width, scheme=scheme)
    sign_in(officer, "officer")
    page = officer.open("/admin/governance/policytemplate/add/")
    assert "which a second person approves" in page.content()
    page.fill("#id_name", "NamesAPurpose")
    page.fill("#id_function", script)
    page.click("[name=_save]")
    page.wait_for_url("**/admin/changes/*/")
    assert "nothing has changed yet" in page.content() and faults(officer) == []
    assert page.get_by_role("button", name="Approve and apply").count() == 0

    colleague = visit(width=width, scheme=scheme)
    sign_in(colleague, "colleague")
    prove_factor(colleague, "colleague")
    page = colleague.open("/admin/changes/")
    assert faults(colleague) == []
    page.get_by_role("link", name="publish template").click()
    page.wait_for_url("**/admin/changes/*/")
    assert faults(colleague) == []
    page.get_by_role("button", name="Approve and apply").focus()
    page.keyboard.press("Enter")
    page.get_by_text("approved and applied").wait_for()
    assert "NamesAPurpose" in colleague.open("/admin/governance/policytemplate/").content()
    colleague.open("/admin/reach/")
    assert faults(colleague) == []
    assert [text for visitor in (officer, colleague) for text in visitor.complaints] == []
