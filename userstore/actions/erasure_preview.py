"""Before somebody is erased: finding them, and saying what would go and what a law would keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.recorder import append
from governance.actions.clearing import cleared
from governance.identities import Caller
from governance.standing import fresh_standing_of
from userstore import events
from userstore.actions.deletion import refuse_held_subject
from userstore.actions.destroying import destroy
from userstore.definitions import ColumnDefinition, definitions_of
from userstore.erasure.remains import Remains, facts_of
from userstore.errors import Invalid, NotFound
from userstore.models import Subject, Value
from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.reading.narrowing import candidates_of
from userstore.retention.holding import holds_of
from userstore.selectors import BoundSelector, SelectorError, bind, parse, typed
from userstore.writing.keys import handle_of, subject_key
from userstore.writing.storing import Pen, typed_values

MOST_FOUND = 50


@dataclass(frozen=True, slots=True)
class Sought:
    """Somebody who was found: nothing of their values."""

    subject_id: UUID
    created_at: datetime
    is_deleted: bool
    """Deleted before, with values that retention or a law keeps."""
    values: int


class _TakenBack(Exception):
    """What was done to see what it would do is undone."""


def find_subjects(caller: Caller, *, column_id: UUID, value: str, now: datetime | None = None) -> list[Sought]:
    """Find people, deleted ones included, by a value that a column of theirs has, through its index.

    It is a part of erasing: it needs the same right, and no freeze stops it. At most 50 are found.

    Raises:
        NotFound: there is no such column.
        Invalid: the column has no index to look up in, or this is no value of it.
    """
    now = now or timezone.now()
    with cleared(caller, "erase", events.SUBJECT_SOUGHT, now=now) as clearance:
        definitions = definitions_of(fresh_standing_of(caller.environment_id))
        column = definitions.by_public_id.get(column_id)
        if column is None:
            raise NotFound("There is no such column.", field="column")
        selector = equals(column, value)
        candidates = set[UUID]()
        for state in (LIVE, SOFT_DELETED):
            candidates |= candidates_of(selector, definitions, caller.environment_id, state)
        rows = Subject.objects.filter(public_id__in=sorted(candidates)[:MOST_FOUND]).order_by("created_at", "public_id")
        found = [each for each in rows if has_value(each, column, selector)]
        append(
            events.SUBJECT_SOUGHT,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={
                "subjects": [handle_of(each, subject_key(each)) for each in found],
                "column": column.name,
                "found": len(found),
            },
            decision_id=clearance.decision_id,
        )
        return [_sought(each) for each in found]


def preview_erasure(caller: Caller, *, subject_id: UUID, now: datetime | None = None) -> tuple[Sought, Remains]:
    """Say what erasing a person would destroy and what a law would keep: it is done, counted and taken back.

    Raises:
        NotFound: there is no such subject.
        Conflict: a legal hold keeps something of it; on record.
    """
    now = now or timezone.now()
    with cleared(caller, "erase", events.ERASURE_PREVIEWED, now=now) as clearance:
        subject = Subject.objects.select_for_update().filter(public_id=subject_id).first()
        if subject is None:
            raise NotFound("There is no such user.", field="id", remedy="Check the id, or the environment.")
        refuse_held_subject(subject, holds_of(clearance.standing), now=now)
        sought, handle = _sought(subject), handle_of(subject, subject_key(subject))
        try:
            with transaction.atomic():
                pen = Pen(fresh_standing_of(caller.environment_id), caller.actor, now, "erasure previewed")
                remains = destroy(subject, pen)
                raise _TakenBack
        except _TakenBack:
            pass
        append(
            events.ERASURE_PREVIEWED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"subjects": [handle], **facts_of(remains)},
            decision_id=clearance.decision_id,
        )
        return sought, remains


def equals(column: ColumnDefinition, value: str) -> BoundSelector:
    """Bind an equality on a column; `Invalid` where nobody can be looked up by it."""
    if column.is_system or not column.is_looked_up:
        raise Invalid(
            f"Nobody can be looked up by the column {column.name}: it has no index.",
            field="column",
            remedy="Look for the id of the person, or give the column an index first.",
        )
    try:
        return bind(typed(parse(f"{{{column.name}}} = ?"), {column.name: column.data_type}), [value])
    except SelectorError as error:
        raise Invalid(error.message, field="value", remedy=error.remedy) from None


def has_value(subject: Subject, column: ColumnDefinition, selector: BoundSelector) -> bool:
    """Whether a person has a value that the selector matches."""
    rows = list(Value.objects.filter(subject=subject, column_id=column.pk).order_by("ordinal"))
    return bool(rows) and selector.matches({column.name: typed_values(rows, subject_key(subject), subject, column)})


def _sought(subject: Subject) -> Sought:
    values = Value.objects.filter(subject=subject).count()
    return Sought(subject.public_id, subject.created_at, subject.erased_at is not None, values)
