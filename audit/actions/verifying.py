"""Having the book verified where it lies: asked for by somebody, done by a worker, with the result kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID

from django.db import Error, IntegrityError, transaction
from django.db.models import QuerySet

from audit.actions.exporting import compared, snapshot
from audit.actors import SYSTEM, Actor
from audit.errors import (
    AuditError,
    LogKeyUnusable,
    VerificationRefused,
    VerificationsExhausted,
    VerificationUnderWay,
)
from audit.events import BOOK_CHECK_ASKED, BOOK_CHECKED
from audit.integrity.believed import believed
from audit.integrity.exporting import size_of
from audit.models import Verification
from audit.models.verification import FAILED, RUNNING, SILENT, UNDER_WAY, WAITING, WHOLE
from audit.recorder import append
from audit.verify.checkpoints import Keys
from audit.verify.notes import Checkpoint
from audit.verify.reports import Report
from keyring.walls import in_environment

VERIFY = "audit.verify"
"""The task that does it."""
TOLD_SECONDS = 1.0
"""How often a worker says how far it is."""
AN_HOUR, MOST_AN_HOUR = timedelta(hours=1), 6
"""Verifications of one environment: each reads every entry since some place, and nobody else's work waits for that."""

UNDER_WAY_ALREADY = "A verification is under way already: wait until it has ended."

logger = logging.getLogger(__name__)


def ask_verification(*, actor: Actor, environment_id: UUID, is_everything: bool, now: datetime) -> Verification:
    """Have the book verified, since the last time that it was found whole or from its beginning.

    Raises:
        VerificationUnderWay: one is under way; of two who ask at once, one is told so.
        VerificationsExhausted: there were `MOST_AN_HOUR` within the last hour.
        VerificationRefused: nothing is there to verify, or no key of the log is known here.
    """
    _must_know_keys()
    with snapshot() as connection:
        size = size_of(connection)
    with in_environment(environment_id):
        _give_up(Verification.objects.filter(state__in=UNDER_WAY, turned_at__lt=now - SILENT), now)
        if Verification.objects.filter(state__in=UNDER_WAY).exists():
            raise VerificationUnderWay(UNDER_WAY_ALREADY)
        _must_be_few(now)
        last = None if is_everything else last_whole()
        first = last.size if last else 0
        if first >= size:
            raise VerificationRefused("Nothing was sealed since the last verification. Verify everything instead.")
        row = Verification(
            environment_id=environment_id,
            asked_by=actor.id,
            asked_at=now,
            first=first,
            size=size,
            turned_at=now,
        )
        _begin_alone(row)
        told = {"verification": row.id, "since": first, "size": size}
        append(BOOK_CHECK_ASKED, environment_id=environment_id, actor=actor, facts=told)
    return row


def _must_be_few(now: datetime) -> None:
    """Raise `VerificationsExhausted` where there were enough of late; the message says when there may be another."""
    lately = (
        Verification.objects.filter(asked_at__gt=now - AN_HOUR).order_by("asked_at").values_list("asked_at", flat=True)
    )
    if len(lately) >= MOST_AN_HOUR:
        again = lately[len(lately) - MOST_AN_HOUR] + AN_HOUR
        raise VerificationsExhausted(
            f"The book is verified {MOST_AN_HOUR} times an hour at the most; ask again after {again:%H:%M} UTC."
        )


def _begin_alone(row: Verification) -> None:
    """Keep a row that waits; the database takes one of an environment that has not ended, whoever asks at once."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as fault:
        if "audit_verification_alone" not in str(fault):
            raise
        raise VerificationUnderWay(UNDER_WAY_ALREADY) from None


def _give_up(silent: QuerySet[Verification], now: datetime) -> None:
    """Put down that nobody works any more on what has not ended: its worker is gone."""
    for row in silent.select_for_update(skip_locked=True):
        row.state, row.ended_at = FAILED, now
        row.save(update_fields=["state", "ended_at"])
        _record_end(row)


def last_whole() -> Verification | None:
    """Return the verification that reached farthest and found the book whole; must run inside the environment."""
    return Verification.objects.filter(state=WHOLE).order_by("-size", "-asked_at").first()


def run_verification(environment_id: UUID, verification_id: UUID) -> bool:
    """Do a verification that waits; False where another worker has taken it. Safe to repeat."""
    with in_environment(environment_id):
        taken = Verification.objects.filter(id=verification_id, state=WAITING).update(
            state=RUNNING, turned_at=datetime.now(UTC)
        )
    if not taken:
        return False
    with in_environment(environment_id):
        row = Verification.objects.get(id=verification_id)
    try:
        report: Report | None = _verified(row)
    except (AuditError, Error, LookupError) as error:
        logger.error("the book could not be verified", extra={"reason": type(error).__name__})
        report = None
    _end(row, report)
    return True


def run_waiting(environment_id: UUID, *, now: datetime) -> int:
    """Do what waits and nobody was called to, and give up what a worker left; return how many were done."""
    with in_environment(environment_id):
        _give_up(Verification.objects.filter(state=RUNNING, turned_at__lt=now - SILENT), now)
        waiting = list(Verification.objects.filter(state=WAITING).order_by("asked_at").values_list("id", flat=True))
    return sum(run_verification(environment_id, each) for each in waiting)


def _kept(row: Verification) -> Checkpoint | None:
    """Return the tree that an earlier verification ended with: what is new has to go on from it."""
    if not row.first:
        return None
    with in_environment(row.environment_id):
        before = Verification.objects.filter(state=WHOLE, size=row.first).order_by("-asked_at").first()
    if before is None:
        raise LookupError("the verification that this one goes on from is gone")
    return Checkpoint("", row.first, bytes.fromhex(before.root))


def _verified(row: Verification) -> Report:
    keys, kept = _must_know_keys(), _kept(row)
    with snapshot() as connection:
        return compared(connection, keys=keys, kept=kept, first=row.first, passing=_telling(row))


def _must_know_keys() -> Keys:
    try:
        keys = believed()
    except LogKeyUnusable:
        keys = None
    if keys is None:
        raise VerificationRefused("No public key of the log is known here: name it in SEALBOOK_LOG_PUBLIC_KEY.")
    return keys


def _telling(row: Verification) -> Callable[[Iterable[bytes]], Iterator[bytes]]:
    """Pass lines on, and say now and then how many entries have gone by."""

    def passing(lines: Iterable[bytes]) -> Iterator[bytes]:
        done, due = 0, monotonic() + TOLD_SECONDS
        for line in lines:
            yield line
            done += line.startswith(b"leaf")
            if monotonic() >= due:
                _tell(row, done)
                due = monotonic() + TOLD_SECONDS

    return passing


def _tell(row: Verification, done: int) -> None:
    with in_environment(row.environment_id):
        Verification.objects.filter(id=row.id, state=RUNNING).update(done=done, turned_at=datetime.now(UTC))


def _end(row: Verification, report: Report | None) -> None:
    """Put down what came of it, also where it was given up meanwhile: what is broken is told, however late."""
    now, bad = datetime.now(UTC), report.first_bad if report else None
    with in_environment(row.environment_id):
        kept = Verification.objects.select_for_update().get(id=row.id)
        kept.state = report.verdict.name.lower() if report else FAILED
        kept.size = report.size if report else row.size
        kept.done = report.size - row.first if report else kept.done
        kept.root = report.root if report else ""
        kept.first_bad = bad.index if bad else None
        kept.first_bad_until = bad.until if bad else None
        kept.told = [*map(asdict, report.findings), *report.troubles] if report else []
        kept.turned_at = kept.ended_at = now
        kept.save()
        _record_end(kept)


def _record_end(row: Verification) -> None:
    append(
        BOOK_CHECKED,
        environment_id=row.environment_id,
        actor=SYSTEM,
        facts={
            "verification": row.id,
            "since": row.first,
            "size": row.size,
            "verdict": row.state,
            "first_bad": row.first_bad,
        },
        outcome="done" if row.state == WHOLE else "failed",
    )
