"""The purge: what is over is destroyed for good, in batches that commit with their entries of the book.

A batch locks the subjects whose values it looks at and leaves those alone that somebody else has locked: a write
settles what is over by itself, and the next purge finds the rest. A legal hold stops it; what it keeps is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.actors import SYSTEM
from audit.recorder import append
from governance.standing import Standing, fresh_standing_of
from keyring.errors import KeyringError
from keyring.walls import in_environment
from userstore import events
from userstore.actions.deletion import destroy_subject, is_needed
from userstore.definitions import definitions_of
from userstore.models import Subject, Token, Value
from userstore.models.subjects import LIVE
from userstore.retention.due import due_values, over
from userstore.writing.ending import LAPSED, end_lapsed, forget_purposes
from userstore.writing.keys import subject_key
from userstore.writing.storing import Pen

BATCH = 200
"""Values of one batch."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a purge has come: behind a value in the order of their ends."""

    retain_until: datetime
    value: UUID


@dataclass(slots=True)
class Purged:
    """What one batch did, or a whole purge.

    `ended` counts by column and purpose what live values may no longer be used for, `destroyed` by column the values
    that are gone, `kept` those that are kept as deleted ones from now on, `held` what a legal hold keeps, `failed` the
    subjects whose key did not open, `users` the deleted subjects that are gone altogether.
    """

    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    destroyed: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    held: int = 0
    failed: int = 0
    users: int = 0
    looked_at: int = 0
    place: Place | None = None

    def add(self, other: Purged) -> None:
        """Take in what another batch did."""
        self.ended.update(other.ended)
        self.destroyed.update(other.destroyed)
        self.kept.update(other.kept)
        self.held += other.held
        self.failed += other.failed
        self.users += other.users
        self.looked_at += other.looked_at


def purge(environment_id: UUID, *, now: datetime, batch: int = BATCH) -> Iterator[Purged]:
    """Purge one environment, each batch committed when it is yielded. Safe to stop, to repeat, to run twice at once."""
    place: Place | None = None
    while True:
        done = purge_batch(environment_id, behind=place, now=now, limit=batch)
        yield done
        place = done.place
        if place is None:
            break
    yield _finish_subjects(environment_id, now=now, limit=batch)


def purge_batch(environment_id: UUID, *, behind: Place | None, now: datetime, limit: int = BATCH) -> Purged:
    """Destroy what is over among the next values behind a place; effect and entry commit together."""
    done = Purged()
    with in_environment(environment_id):
        rows = _next(behind, now=now)[:limit]
        found = list(rows.values_list("subject_id", "pk", "retain_until"))
        done.looked_at = len(found)
        if len(found) == limit:
            done.place = Place(found[-1][2] or now, found[-1][1])
        subjects = Subject.objects.select_for_update(skip_locked=True).filter(pk__in={row[0] for row in found})
        values = [row[1] for row in found]
        for subject in list(subjects.order_by("pk")):
            _purge_subject(done, fresh_standing_of(environment_id), subject, values, now)
        _record(environment_id, done)
    return done


def _next(behind: Place | None, *, now: datetime) -> QuerySet[Value]:
    due = due_values(now=now)
    if behind is None:
        return due
    later = Q(retain_until__gt=behind.retain_until) | Q(retain_until=behind.retain_until, pk__gt=behind.value)
    return due.filter(later, retain_until__gte=behind.retain_until)


def _purge_subject(done: Purged, standing: Standing, subject: Subject, values: Sequence[UUID], now: datetime) -> None:
    """All of one subject or nothing: a copy that cannot be sealed must not cost what it is a copy of."""
    pen = Pen(standing, SYSTEM, now, LAPSED)
    mine = Purged()
    rows = Value.objects.filter(pk__in=values, subject=subject, retain_until__lte=now).order_by("column_id", "ordinal")
    try:
        with transaction.atomic():
            for row in rows:
                (_purge_live if row.state == LIVE else _purge_deleted)(mine, pen, subject, row)
            pen.flush()
            if subject.erased_at is not None and not is_needed(subject, pen.holds, now=now):
                destroy_subject(subject)
                mine.users += 1
    except KeyringError:
        done.failed += 1
        return
    done.add(mine)
    done.add(Purged(kept=pen.kept, destroyed=pen.destroyed, held=pen.held))


def _purge_live(done: Purged, pen: Pen, subject: Subject, row: Value) -> None:
    column = definitions_of(pen.standing).by_pk[row.column_id]
    done.ended.update((column.name, _purpose(pen, purpose)) for purpose in over(row, moment=pen.moment))
    end_lapsed(pen, subject, subject_key, column, row)


def _purge_deleted(done: Purged, pen: Pen, subject: Subject, row: Value) -> None:
    column = definitions_of(pen.standing).by_pk[row.column_id]
    ended = over(row, moment=pen.moment)
    if pen.holds.keep(subject.pk, row.column_id, [], now=pen.now):
        done.held += 1
        return
    held = pen.holds.kept_purposes(subject.pk, row.column_id, ended, now=pen.now)
    gone = {purpose: end for purpose, end in ended.items() if purpose not in held}
    done.held += bool(held)
    if len(gone) == len(row.purposes):
        row.delete()
        done.destroyed[column.name] += 1
    elif gone:
        forget_purposes(row, gone)


def _finish_subjects(environment_id: UUID, *, now: datetime, limit: int) -> Purged:
    """Destroy deleted subjects of whom nothing is left: a hold that kept them is over."""
    done = Purged()
    with in_environment(environment_id):
        standing = fresh_standing_of(environment_id)
        left = Value.objects.filter(subject=OuterRef("pk"))
        deleted = Subject.objects.select_for_update(skip_locked=True, of=("self",)).filter(erased_at__isnull=False)
        for subject in list(deleted.filter(~Exists(left)).order_by("pk")[:limit]):
            if not is_needed(subject, Pen(standing, SYSTEM, now, LAPSED).holds, now=now):
                Token.objects.filter(subject=subject).delete()
                destroy_subject(subject)
                done.users += 1
        _record(environment_id, done)
    return done


def _purpose(pen: Pen, number: int) -> str:
    known = pen.standing.purposes_by_number.get(number)
    return known.name if known else str(number)


def _record(environment_id: UUID, done: Purged) -> None:
    ended: dict[str, dict[str, int]] = {}
    for (column, purpose), count in done.ended.items():
        ended.setdefault(column, {})[purpose] = count
    facts: dict[str, object] = {
        "ended": ended,
        "destroyed": dict(done.destroyed),
        "kept": dict(done.kept),
        "held": done.held,
        "failed": done.failed,
        "users": done.users,
    }
    if any(facts.values()):
        append(events.PURGED, environment_id=environment_id, actor=SYSTEM, facts=facts)
