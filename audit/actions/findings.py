"""What people make of findings. Whoever calls has been cleared; each step leaves its entry in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit.actors import Actor
from audit.errors import FindingNotFound, FindingRefused
from audit.events import (
    EXPECTATION_ENDED,
    FINDING_ASSIGNED,
    FINDING_COMMENTED,
    FINDING_DECIDED,
    WORK_EXPECTED,
    EventKind,
)
from audit.models import Alert, ExpectedWork, Finding, FindingComment
from audit.models.analysis import ASSIGNED, CONFIRMED, EXPLAINED, FALSE_POSITIVE, OPEN
from audit.recorder import append
from keyring.walls import in_environment

VERDICTS = (EXPLAINED, CONFIRMED, FALSE_POSITIVE)
LONGEST_COMMENT = 4000
LONGEST_EXPECTATION = timedelta(days=180)


def assign_finding(*, actor: Actor, environment_id: UUID, finding_id: UUID, owner: UUID) -> Finding:
    """Have an operator look into a finding that is open."""
    with in_environment(environment_id):
        finding, alert = _open(finding_id)
        finding.state, finding.owner = ASSIGNED, owner
        finding.save(update_fields=["state", "owner"])
        record_step(FINDING_ASSIGNED, actor, finding, alert)
    return finding


def decide_finding(
    *, actor: Actor, environment_id: UUID, finding_id: UUID, verdict: str, comment: str, now: datetime
) -> Finding:
    """Say what a finding was: explained, confirmed or a false positive, and why.

    Raises:
        FindingRefused: it was decided already, no such verdict, no comment, or it is about whoever decides.
    """
    if verdict not in VERDICTS:
        raise FindingRefused(f"A verdict is one of {', '.join(VERDICTS)}.", field="verdict")
    with in_environment(environment_id):
        finding, alert = _open(finding_id)
        must_not_be_their_own(actor, alert)
        write_comment(finding, actor, comment, now)
        finding.state, finding.decided_at, finding.decided_by = verdict, now, actor.id
        finding.save(update_fields=["state", "decided_at", "decided_by"])
        record_step(FINDING_DECIDED, actor, finding, alert)
    return finding


def comment_on_finding(
    *, actor: Actor, environment_id: UUID, finding_id: UUID, comment: str, now: datetime
) -> FindingComment:
    """Write something about a finding; it is sealed, and may be written after the verdict as well."""
    with in_environment(environment_id):
        finding, alert = found_finding(finding_id)
        written = write_comment(finding, actor, comment, now)
        record_step(FINDING_COMMENTED, actor, finding, alert)
    return written


def expect_work(
    *, actor: Actor, environment_id: UUID, finding_id: UUID, until: datetime, now: datetime
) -> ExpectedWork:
    """Mark what a finding shows as expected until a day: such accesses count as explained from now on.

    A finding about a person marks the pair of actor and person, another one the actor.

    Raises:
        FindingRefused: it names nobody, the day is past or too far away, or it is about whoever marks it.
    """
    if not now < until <= now + LONGEST_EXPECTATION:
        raise FindingRefused(f"A day within {LONGEST_EXPECTATION.days} days from now.", field="until")
    with in_environment(environment_id):
        finding, alert = found_finding(finding_id)
        must_not_be_their_own(actor, alert)
        if not alert.actor:
            raise FindingRefused("This finding is about nobody in particular.", field="finding")
        expected = ExpectedWork.objects.create(
            environment_id=environment_id,
            finding_id=finding.id,
            actor=alert.actor,
            subject=alert.subject,
            owner=_somebody(actor),
            until=until,
            marked_at=now,
        )
        scope = "person" if alert.subject else "actor"
        record_step(WORK_EXPECTED, actor, finding, alert, {"expectation": expected.id, "until": until, "scope": scope})
    return expected


def end_expectation(*, actor: Actor, environment_id: UUID, expectation_id: UUID, now: datetime) -> None:
    """Expect nothing of the kind any more, before its day came.

    Raises:
        FindingNotFound: nothing of this id is expected any more.
    """
    with in_environment(environment_id):
        expected = ExpectedWork.objects.select_for_update().filter(id=expectation_id, until__gt=now).first()
        if expected is None:
            raise FindingNotFound
        finding, alert = found_finding(expected.finding_id)
        before, expected.until = expected.until, now
        expected.save(update_fields=["until"])
        record_step(EXPECTATION_ENDED, actor, finding, alert, {"expectation": expected.id, "until": before})


def found_finding(finding_id: UUID) -> tuple[Finding, Alert]:
    """Return a finding, locked, with its alert; raises `FindingNotFound`."""
    finding = Finding.objects.select_for_update().filter(id=finding_id).first()
    if finding is None:
        raise FindingNotFound
    return finding, Alert.objects.get(id=finding_id)


def _open(finding_id: UUID) -> tuple[Finding, Alert]:
    finding, alert = found_finding(finding_id)
    if finding.state not in OPEN:
        raise FindingRefused("This finding was decided already.", field="state")
    return finding, alert


def _somebody(actor: Actor) -> UUID:
    if actor.id is None:
        raise FindingRefused("Somebody with an id answers for this.", field="actor")
    return actor.id


def must_not_be_their_own(actor: Actor, alert: Alert) -> None:
    """Raise `FindingRefused` for a finding that is about whoever acts."""
    if actor.id is not None and alert.actor == str(actor.id):
        raise FindingRefused("Nobody decides about a finding that is about themselves.", field="finding")


def write_comment(finding: Finding, actor: Actor, comment: str, now: datetime) -> FindingComment:
    """Keep what somebody wrote about a finding, sealed; raises `FindingRefused` for nothing, or too much."""
    text = comment.strip()
    if not 0 < len(text) <= LONGEST_COMMENT:
        raise FindingRefused(f"A comment has 1 to {LONGEST_COMMENT} characters.", field="comment")
    written = FindingComment.objects.create(
        environment_id=finding.environment_id, finding_id=finding.id, author=_somebody(actor), written_at=now
    )
    written.text = text  # sealed for its row, which has to be there first
    written.save(update_fields=["text"])
    return written


def record_step(
    event: EventKind, actor: Actor, finding: Finding, alert: Alert, more: Mapping[str, Any] | None = None
) -> None:
    """Put a step on record, in the transaction of the step."""
    told = {
        "finding": finding.id,
        "detection": alert.rule,
        "severity": alert.severity,
        "state": finding.state,
        "owner": finding.owner,
    }
    append(event, environment_id=finding.environment_id, actor=actor, facts=told | dict(more or {}))
