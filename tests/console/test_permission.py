"""Who may open which page, and what is shown without being changed."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from governance.actions.change import raise_epoch
from governance.actions.environments import change_environment
from governance.identities import system_caller
from governance.models import Client, Environment, Purpose
from tests.console.people import Console
from tests.console.test_definitions import facts_of, is_gone, send, stored


def test_built_in_definitions_are_only_shown(console: Console, as_officer: Browser) -> None:
    purpose = stored(console, Purpose, name="operational")
    page = f"/admin/governance/purpose/{purpose.pk}/change/"
    shown = as_officer.get(page).content.decode()
    assert "This is built in" in shown and 'name="_save"' not in shown
    answer = as_officer.post(page, {"description": "mine", "legal_basis": "consent"})
    assert answer.status_code == 200 and stored(console, Purpose, name="operational").description != "mine"
    assert as_officer.post(f"/admin/governance/purpose/{purpose.pk}/delete/", {"post": "yes"}).status_code == 403


def test_in_a_protected_environment_what_is_saved_becomes_a_draft(console: Console, as_officer: Browser) -> None:
    change_environment(system_caller(console.environment.id), description="", is_protected=True)
    marketing = stored(console, Purpose, name="marketing")
    page = f"/admin/governance/purpose/{marketing.pk}/change/"
    for address in (page, "/admin/governance/purpose/add/"):
        assert "which a second person approves" in as_officer.get(address).content.decode()
    answer = as_officer.post(page, {"description": "mine", "legal_basis": "consent"}, follow=True)
    assert "nothing has changed yet" in answer.content.decode()
    assert stored(console, Purpose, name="marketing").description != "mine"
    assert console.booked("change.proposed")[0].facts["action"] == "change_purpose"
    again = as_officer.post("/admin/governance/purpose/add/", {"name": "marketing", "legal_basis": "consent"})
    assert "There is a purpose named marketing" in again.content.decode(), "bad drafts are told in the form"


def test_an_environment_is_changed_by_its_officers_and_defined_by_superusers_alone(
    console: Console, as_officer: Browser, as_superuser: Browser
) -> None:
    raise_epoch(console.environment.id)
    send(as_officer, f"governance/environment/{console.environment.pk}/change/", {"description": "Ours."})
    assert facts_of(console, "environment.changed")["protected"] is False
    assert as_officer.post("/admin/governance/environment/add/", {"name": "theirs"}).status_code == 403
    send(as_superuser, "governance/environment/add/", {"name": "theirs", "is_synthetic": "on"})
    other = Environment.objects.get(name="theirs")
    page = f"/admin/governance/environment/{other.pk}/change/"
    assert "Choose it first" in as_superuser.get(page).content.decode()
    as_superuser.post(page, {"description": "not from here"})
    other.refresh_from_db()
    assert other.description == "" and as_superuser.get("/admin/governance/client/").status_code == 403


LISTS = [
    "governance/environment", "governance/client", "governance/right", "governance/groupright", "governance/purpose",
    "governance/accesspolicy", "governance/policytemplate", "governance/freeze", "userstore/column",
    "userstore/accessor", "userstore/mutator", "userstore/transformer",
]  # fmt: skip


def test_every_page_opens_for_an_officer_and_for_nobody_else(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    for path in [
        *(f"{page}/" for page in LISTS),
        *(f"{page}/add/" for page in LISTS if "freeze" not in page),
        "book/",
        "freeze/",
    ]:
        expected = 403 if path == "governance/environment/add/" else 200
        assert as_officer.get(f"/admin/{path}").status_code == expected, path
        assert as_support.get(f"/admin/{path}").status_code == 403, path
        assert console.booked("call.refused", "refused")[0].actor.id == console.support.id, path
        answer = console.browser(None).get(f"/admin/{path}")
        assert answer.status_code == 302 and answer["Location"].startswith("/admin/login/"), path


@pytest.mark.parametrize("page", ["purpose", "client"])
def test_whoever_has_no_right_writes_nothing(console: Console, as_support: Browser, page: str) -> None:
    answer = as_support.post(f"/admin/governance/{page}/add/", {"name": "x", "kind": "job", "legal_basis": "consent"})
    assert answer.status_code == 403 and answer["X-Sealbook-Decision"]
    assert is_gone(console, Purpose, name="x") and is_gone(console, Client, name="x")


def test_django_keeps_no_log_of_its_own(console: Console, as_officer: Browser) -> None:
    from django.contrib.admin.models import LogEntry

    send(as_officer, "governance/purpose/add/", {"name": "fraud", "legal_basis": "consent"})
    assert not LogEntry.objects.exists()
    purpose = stored(console, Purpose, name="fraud")
    assert as_officer.get(f"/admin/governance/purpose/{purpose.pk}/history/").status_code == 404
