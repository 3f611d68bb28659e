"""Temporary access in the console: its rules and tickets, who holds what, and the buttons that stop it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.utils import timezone

from governance.actions.accounts import define_operator
from governance.actions.rights import give_right
from governance.identities import system_caller
from governance.models import AccessRequest, AccessRule, Delegation, Grant, Purpose, Ticket
from keyring.walls import in_environment
from tests import cast
from tests.console.people import PASSWORD, SYSTEM, Console

GRANTS, LOG = "/admin/access/grants/", "/admin/access/requests/"
WHY = "The customer asks why no message reaches them."


@pytest.fixture
def grant(console: Console) -> Grant:
    """What a support agent was granted, as a decision leaves it."""
    now = timezone.now()
    with in_environment(console.environment.id):
        asked = {
            "environment_id": console.environment.id,
            "grantee": console.support,
            "accessor_id": uuid4(),
            "purpose": Purpose.objects.all()[0],
            "columns": [uuid4()],
            "minutes": 30,
            "not_before": now,
            "created_at": now,
        }
        request = AccessRequest(
            **asked, state="declared", requester=console.support, subject_count=1, needed=1, reason="incident_response",
            justification=WHY,
        )  # fmt: skip
        request.save(force_insert=True)
        until = now + timedelta(minutes=30)
        return Grant.objects.create(
            **asked, request=request, state="active", is_emergency=True, activate_by=until, activated_at=now,
            not_after=until,
        )  # fmt: skip


def test_an_officer_defines_changes_and_retires_a_rule(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    group = Group.objects.create(name="Helpdesk")
    page = "/admin/governance/accessrule/"
    assert "nobody can ask" in as_officer.get(page).content.decode()
    typed = {
        "name": "Usual", "approvals": 1, "longest_minutes": 60, "ceiling_minutes": 180, "most_subjects": 1,
        "decide_within_minutes": 60, "begin_within_minutes": 60, "factor_minutes": "", "emergency_group": group.pk,
        "emergency_minutes": 30, "emergencies_per_week": 1, "review_percent": 5, "review_within_hours": 24,
    }  # fmt: skip
    short = as_officer.post(f"{page}add/", {**typed, "ceiling_minutes": 30}).content.decode()
    assert "The ceiling is not below the longest access." in short
    assert as_officer.post(f"{page}add/", typed).status_code == 302
    with in_environment(console.environment.id):
        rule = AccessRule.objects.get()
    assert (rule.factor_minutes, rule.emergency_group, rule.accessor_id) == (None, group, None)

    assert as_officer.post(f"{page}{rule.pk}/change/", {**typed, "approvals": 2}).status_code == 302
    assert as_support.post(f"{page}{rule.pk}/change/", {**typed, "approvals": 1}).status_code == 403
    with in_environment(console.environment.id):
        assert AccessRule.objects.get().approvals == 2
    assert as_officer.post(f"{page}{rule.pk}/delete/", {"post": "yes"}).status_code == 302
    with in_environment(console.environment.id):
        assert not AccessRule.objects.exists()
    assert [e.actor.id for e in console.booked("access_rule.retired")] == [console.officer.id]


def test_an_officer_opens_and_closes_a_ticket(console: Console, as_officer: Browser, as_support: Browser) -> None:
    page = "/admin/governance/ticket/"
    typed = {"reference": "CASE-7", "assignee": str(console.support.pk), "subject_id": ""}
    assert as_support.post(f"{page}add/", typed).status_code == 403
    assert "such person" in as_officer.post(f"{page}add/", {**typed, "subject_id": str(uuid4())}).content.decode()
    assert "has to be an id" in as_officer.post(f"{page}add/", {**typed, "subject_id": "Ada"}).content.decode()
    assert as_officer.post(f"{page}add/", typed).status_code == 302
    with in_environment(console.environment.id):
        ticket = Ticket.objects.get()
    assert "CASE-7" in as_officer.get(f"{page}{ticket.pk}/change/").content.decode()
    assert as_officer.post(f"{page}{ticket.pk}/delete/", {"post": "yes"}).status_code == 302
    with in_environment(console.environment.id):
        assert Ticket.objects.get().closed_at
    assert as_officer.get(f"{page}{ticket.pk}/delete/").status_code == 403


def test_an_officer_suspends_resumes_and_revokes_a_grant(console: Console, grant: Grant, as_officer: Browser) -> None:
    page = f"{GRANTS}{grant.pk}/"
    assert page in as_officer.get(GRANTS).content.decode()
    shown = as_officer.get(page).content.decode()
    assert "declared as an emergency" in shown and WHY not in shown

    silent = as_officer.post(page, {"step": "suspend"}, follow=True).content.decode()
    assert "A comment is needed." in silent
    for step, state in (("suspend", "suspended"), ("resume", "active"), ("revoke", "revoked")):
        as_officer.post(page, {"step": step, "comment": "Somebody looks into it."})
        with in_environment(console.environment.id):
            assert Grant.objects.get().state == state
    over = as_officer.get(page).content.decode()
    assert "Revoke for good" not in over and "Somebody looks into it." in over
    assert (
        "cannot be changed" in as_officer.post(page, {"step": "resume", "comment": "x"}, follow=True).content.decode()
    )
    assert as_officer.post(page, {"step": "erase"}).status_code == 404
    assert len(console.booked("access_grant.revoked")) == 1


def test_an_officer_sees_to_whom_a_grant_was_handed_on_and_ends_that(
    console: Console, grant: Grant, as_officer: Browser, as_support: Browser
) -> None:
    bot = cast.new_player(console.environment, "answer-bot").client
    with in_environment(console.environment.id):
        handed = Delegation.objects.create(
            environment=console.environment, grant=grant, client=bot, offered_by=console.support, columns=grant.columns,
            people=[], minutes=5, version="x", justification=WHY, offered_at=timezone.now(),
        )  # fmt: skip
    page, sent = f"{GRANTS}{grant.pk}/", {"step": "end", "delegation": str(handed.pk)}
    shown = as_officer.get(page).content.decode()
    assert "answer-bot" in shown and "End this" in shown and WHY not in shown

    assert as_support.post(page, sent).status_code == 403
    as_officer.post(page, sent)

    with in_environment(console.environment.id):
        assert Delegation.objects.get().ended_by_id == console.officer.id
    assert "End this" not in as_officer.get(page).content.decode()
    assert [entry.actor.id for entry in console.booked("delegation.ended")] == [console.officer.id]


def test_the_overview_counts_what_is_held_and_what_is_overdue(
    console: Console, grant: Grant, as_officer: Browser
) -> None:
    overview = as_officer.get("/admin/").content.decode()
    assert "Active grants" in overview and "1 by emergency" in overview and "Overdue reviews" in overview


def test_requests_are_listed_without_their_texts_for_who_may_audit(
    console: Console, grant: Grant, as_officer: Browser, as_support: Browser
) -> None:
    auditor = define_operator(SYSTEM, username="auditor", password=PASSWORD)
    give_right(system_caller(console.environment.id), holder=auditor, operation="audit", on=console.environment)
    seen = console.browser(auditor).get(LOG).content.decode()
    assert "An incident is dealt with" in seen and WHY not in seen
    for browser, address in ((as_support, LOG), (as_support, GRANTS), (console.browser(auditor), GRANTS)):
        assert browser.get(address).status_code == 403
    page = f"{GRANTS}{grant.pk}/"
    assert as_support.post(page, {"step": "revoke"}).status_code == 403
    assert Browser().post(page, {"step": "revoke"}).status_code == 302
    assert as_officer.get(f"{GRANTS}{uuid4()}/").status_code == 404
    with in_environment(console.environment.id):
        assert Grant.objects.get().state == "active"
