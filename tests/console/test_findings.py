"""The inbox of findings: an auditor decides about them, nobody else sees that there are any."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.actions.alerting import keep_alerts
from audit.analysis.cases import access
from audit.analysis.detections import honey
from audit.analysis.engine import Engine
from audit.analysis.facts import Facts
from audit.models import ExpectedWork, Finding
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console

INBOX = "/admin/findings/"
HANDLE = "ab" * 16
MARK = "She opened it for a friend"


def found(environment_id: UUID, *, actor: UUID) -> str:
    """Have the analysis find that somebody looked at a person who does not exist."""
    engine = Engine([honey.DETECTION], facts=Facts(honey=frozenset({HANDLE})), scope=str(environment_id))
    engine.see(access(actor=str(actor), subjects=(HANDLE,)))
    with in_environment(environment_id):
        (finding,) = keep_alerts(engine.touched(), environment_id=environment_id, now=timezone.now())
    return f"{INBOX}{finding.id}/"


def test_an_officer_takes_a_finding_comments_and_decides_it_each_on_record(
    console: Console, as_officer: Browser
) -> None:
    page = found(console.environment.id, actor=UUID(int=7))
    listed = as_officer.get(INBOX).content.decode()
    assert page in listed and honey.DETECTION.title in listed
    shown = as_officer.get(page).content.decode()
    assert honey.DETECTION.runbook in shown and HANDLE in shown
    assert as_officer.post(page, {"step": "take"}).status_code == 302
    as_officer.post(page, {"step": "comment", "comment": MARK})
    as_officer.post(page, {"step": "expect", "days": "7"})
    as_officer.post(page, {"step": "decide", "verdict": "confirmed", "comment": "It was not hers to open."})
    with in_environment(console.environment.id):
        finding = Finding.objects.get()
        assert (finding.state, finding.owner, finding.decided_by) == (
            "confirmed", console.officer.id, console.officer.id,
        )  # fmt: skip
        assert ExpectedWork.objects.get().actor == str(UUID(int=7))
    assert MARK in as_officer.get(page).content.decode()
    assert page not in as_officer.get(INBOX).content.decode()
    assert page in as_officer.get(f"{INBOX}?state=confirmed").content.decode()
    for kind in ("finding.assigned", "finding.commented", "finding.decided", "finding.work_expected", "finding.read"):
        entries = console.booked(kind)
        assert entries and all(entry.actor.id == console.officer.id for entry in entries), kind
        assert MARK not in str([entry.facts for entry in entries])


@pytest.mark.parametrize(
    "said",
    [
        {"step": "decide", "verdict": "fine", "comment": "x"},
        {"step": "decide", "verdict": "explained", "comment": " "},
        {"step": "expect", "days": "999"},
        {"step": "expect", "days": "soon"},
        {},
    ],
    ids=["no such verdict", "no reason", "too long", "no number", "nothing"],
)
def test_what_makes_no_sense_changes_nothing(console: Console, as_officer: Browser, said: dict[str, str]) -> None:
    page = found(console.environment.id, actor=UUID(int=7))
    assert as_officer.post(page, said, follow=True).status_code == 200
    with in_environment(console.environment.id):
        assert Finding.objects.get().state == "new"
        assert not ExpectedWork.objects.exists()


def test_nobody_decides_about_themselves(console: Console, as_officer: Browser) -> None:
    page = found(console.environment.id, actor=console.officer.id)
    said = {"step": "decide", "verdict": "explained", "comment": "I had a reason."}
    assert "themselves" in as_officer.post(page, said, follow=True).content.decode()
    with in_environment(console.environment.id):
        assert Finding.objects.get().state == "new"


def test_who_may_not_read_the_book_sees_no_findings_and_a_foreign_one_is_not_there(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    page = found(console.environment.id, actor=UUID(int=7))
    for browser, status in ((as_support, 403), (Browser(), 302)):
        assert browser.get(INBOX).status_code == browser.get(page).status_code == status
        assert browser.post(page, {"step": "take"}).status_code == status
    elsewhere = found(cast.new_environment().id, actor=UUID(int=7))
    assert as_officer.get(elsewhere).status_code == 404
    as_officer.post(elsewhere, {"step": "take"})
    assert elsewhere not in as_officer.get(INBOX).content.decode()
    with in_environment(console.environment.id):
        assert Finding.objects.get().state == "new"
