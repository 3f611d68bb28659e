"""What auditors do with findings of the analysis: it takes the right to read the book, refusals are on record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit.actions import findings
from audit.errors import FindingNotFound, FindingRefused
from audit.events import (
    FINDING_ASSIGNED,
    FINDING_COMMENTED,
    FINDING_DECIDED,
    FINDING_READ,
    WORK_EXPECTED,
    EventKind,
)
from audit.models import Alert, ExpectedWork, Finding, FindingComment
from audit.recorder import append
from governance.actions.clearing import cleared
from governance.errors import Invalid, NotFound
from governance.identities import Caller


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with its alert, what was written about it, opened, and what was marked as expected because of it."""

    finding: Finding
    alert: Alert
    comments: list[tuple[FindingComment, str]]
    expected: list[ExpectedWork]


def read_finding(caller: Caller, *, finding_id: UUID, now: datetime) -> FindingView:
    """Open a finding; the book says so, since comments may tell of people.

    Raises:
        Refused: the caller may not read the book; on record.
        NotFound: there is no such finding.
    """
    with cleared(caller, "audit", FINDING_READ, now=now) as clearance:
        finding = Finding.objects.filter(id=finding_id).first()
        if finding is None:
            raise _not_found()
        alert = Alert.objects.get(id=finding_id)
        append(
            FINDING_READ,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"finding": finding.id, "detection": alert.rule, "state": finding.state},
            decision_id=clearance.decision_id,
        )
        written = FindingComment.objects.filter(finding_id=finding_id).order_by("written_at")
        comments = [(each, str(each.text.reveal())) for each in written if each.text is not None]
        expected = list(ExpectedWork.objects.filter(finding_id=finding_id, until__gt=now).order_by("until"))
    return FindingView(finding, alert, comments, expected)


def take_finding(caller: Caller, *, finding_id: UUID, now: datetime) -> None:
    """Look into a finding oneself."""
    with _as_auditor(caller, FINDING_ASSIGNED, now) as who:
        findings.assign_finding(**who, finding_id=finding_id, owner=caller.id)


def comment_on_finding(caller: Caller, *, finding_id: UUID, comment: str, now: datetime) -> None:
    """Write something about a finding, sealed."""
    with _as_auditor(caller, FINDING_COMMENTED, now) as who:
        findings.comment_on_finding(**who, finding_id=finding_id, comment=comment, now=now)


def decide_finding(caller: Caller, *, finding_id: UUID, verdict: str, comment: str, now: datetime) -> None:
    """Say what a finding was, and why; nobody does about themselves."""
    with _as_auditor(caller, FINDING_DECIDED, now) as who:
        findings.decide_finding(**who, finding_id=finding_id, verdict=verdict, comment=comment, now=now)


def expect_work(caller: Caller, *, finding_id: UUID, days: int, now: datetime) -> None:
    """Mark what a finding shows as expected for some days; the caller answers for it."""
    with _as_auditor(caller, WORK_EXPECTED, now) as who:
        if not 1 <= days <= findings.LONGEST_EXPECTATION.days:
            raise Invalid(f"1 to {findings.LONGEST_EXPECTATION.days} days.", field="days")
        findings.expect_work(**who, finding_id=finding_id, until=now + timedelta(days=days), now=now)


@contextmanager
def _as_auditor(caller: Caller, event: EventKind, now: datetime) -> Iterator[dict[str, Any]]:
    with cleared(caller, "audit", event, now=now):
        try:
            yield {"actor": caller.actor, "environment_id": caller.environment_id}
        except FindingNotFound:
            raise _not_found() from None
        except FindingRefused as refused:
            raise Invalid(str(refused), field=refused.field) from None


def _not_found() -> NotFound:
    return NotFound("There is no such finding.", field="finding")
