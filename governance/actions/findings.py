"""What auditors do with findings of the analysis: it takes the right to read the book, refusals are on record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit.actions import findings
from audit.errors import FindingNotFound, FindingRefused
from audit.events import (
    EXPECTATION_ENDED,
    FINDING_ASSIGNED,
    FINDING_COMMENTED,
    FINDING_DECIDED,
    WORK_EXPECTED,
    EventKind,
)
from audit.models import ExpectedWork
from governance.actions.clearing import cleared
from governance.errors import Invalid, NotFound
from governance.identities import Caller


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


def expect_work(caller: Caller, *, finding_id: UUID, days: int, now: datetime) -> ExpectedWork:
    """Mark what a finding shows as expected for some days; the caller answers for it."""
    with _as_auditor(caller, WORK_EXPECTED, now) as who:
        if not 1 <= days <= findings.LONGEST_EXPECTATION.days:
            raise Invalid(f"1 to {findings.LONGEST_EXPECTATION.days} days.", field="days")
        return findings.expect_work(**who, finding_id=finding_id, until=now + timedelta(days=days), now=now)


def end_expectation(caller: Caller, *, expectation_id: UUID, now: datetime) -> None:
    """Expect nothing of the kind any more: such accesses are asked about again from now on."""
    with _as_auditor(caller, EXPECTATION_ENDED, now) as who:
        findings.end_expectation(**who, expectation_id=expectation_id, now=now)


@contextmanager
def _as_auditor(caller: Caller, event: EventKind, now: datetime) -> Iterator[dict[str, Any]]:
    with cleared(caller, "audit", event, now=now):
        try:
            yield {"actor": caller.actor, "environment_id": caller.environment_id}
        except FindingNotFound:
            raise NotFound("There is no such finding.", field="finding") from None
        except FindingRefused as refused:
            raise Invalid(str(refused), field=refused.field) from None
