"""Lists say what an officer looks for: who may do what, who may sign in, what is built in."""

from __future__ import annotations

import re

from django.test import Client as Browser

from governance.actions.accounts import change_operator, invite_operator
from tests import cast
from tests.console.people import SYSTEM, Console


def rows(browser: Browser, page: str) -> list[str]:
    """The rows of a list as text."""
    html = browser.get(f"/admin/{page}/").content.decode()
    found = re.findall(r'<tr class="data-row.*?</tr>', html, re.S)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in found]


def test_a_list_of_rights_says_who_may_do_what_on_what(console: Console, as_officer: Browser) -> None:
    cast.new_player(console.environment, "campaign-job", read=True)
    (row,) = rows(as_officer, "governance/right")
    assert row == f"client campaign-job read environment {console.environment.name} no limit"


def test_a_list_of_operators_says_who_may_sign_in_and_who_has_yet_to_choose_a_password(
    console: Console, as_superuser: Browser
) -> None:
    invite_operator(SYSTEM, username="newcomer")
    change_operator(SYSTEM, account_id=console.support.pk, is_active=False, groups=())
    said = {row.split(" ")[0]: row for row in rows(as_superuser, "governance/account")}
    assert "may sign in" in said["officer"] and "Privacy officers" in said["officer"]
    assert "one-time password" in said["newcomer"] and "never" in said["newcomer"]
    assert "shut out" in said["support"]


def test_a_list_tells_what_is_built_in_and_filters_by_it(console: Console, as_officer: Browser) -> None:
    everything = rows(as_officer, "governance/purpose")
    assert any(row.startswith("operational") and "built in" in row for row in everything)
    html = as_officer.get("/admin/governance/purpose/?origin=ours").content.decode()
    assert "marketing" in html and ">operational<" not in html
    html = as_officer.get("/admin/governance/purpose/?origin=built_in").content.decode()
    assert "operational" in html and ">marketing<" not in html
