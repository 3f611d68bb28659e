"""What becomes of values that end: kept as deleted ones where the settings say so, kept for a legal hold, else gone.

A value that ends altogether stays in its place and changes its state, so that nothing has to be sealed again. One that
stays for other purposes is copied: the copy has a place of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db.models import Max

from keyring.keys import OpenKey
from keyring.places import cell_place
from userstore.definitions import ColumnDefinition
from userstore.models import Subject, Value
from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.retention.due import over
from userstore.retention.schedule import Ends, moment_of
from userstore.writing.merging import StoredValue

if TYPE_CHECKING:
    from userstore.writing.storing import Pen

KeyOf = Callable[[Subject], OpenKey]
LAPSED = "time is over"
"""The consent history's source of what nobody took away."""


def end_values(pen: Pen, subject: Subject, column: ColumnDefinition, removed: Sequence[StoredValue]) -> None:
    """End live values that somebody removed, for all their purposes."""
    gone = []
    for stored in removed:
        for purpose in stored.purposes:
            pen.note(subject, column, stored.id, purpose, permitted=False)
        ended = dict.fromkeys(stored.purposes, pen.moment)
        kept = _kept(pen, subject, column, ended)
        if kept is None:
            gone.append(stored.id)
        else:
            _delete_in_place(pen, subject, column, Value.objects.get(pk=stored.id), kept, ended)
    if gone:
        pen.destroyed[column.name] += len(gone)
        Value.objects.filter(pk__in=gone).delete()


def end_lapsed(pen: Pen, subject: Subject, key: KeyOf, column: ColumnDefinition, row: Value) -> Value | None:
    """End a live value for the purposes whose time is over; return what is left of it, None where nothing live is.

    Args:
        key: opens the subject's key, where a copy has to be sealed.
    """
    ended = over(row, moment=pen.moment)
    if not ended:
        return row
    for purpose in ended:
        pen.note(subject, column, row.id, purpose, permitted=False, source=LAPSED)
    kept = _kept(pen, subject, column, ended)
    if len(ended) == len(row.purposes):
        if kept is None:
            pen.destroyed[column.name] += 1
            row.delete()
        else:
            _delete_in_place(pen, subject, column, row, kept, ended)
        return None
    if kept:
        copy_as_deleted(pen, subject, key(subject), column, row, kept, ended)
    forget_purposes(row, ended)
    return row


def forget_purposes(row: Value, ended: Ends) -> None:
    """Take purposes out of a value's row."""
    left = [place for place, purpose in enumerate(row.purposes) if purpose not in ended]
    for name in ("purposes", "consent_ends", "since", "expires"):
        setattr(row, name, [getattr(row, name)[place] for place in left])
    row.retain_until = moment_of(row.expires)
    row.save(update_fields=["purposes", "consent_ends", "since", "expires", "retain_until"])


def copy_as_deleted(
    pen: Pen, subject: Subject, key: OpenKey, column: ColumnDefinition, row: Value, kept: Ends, since: Ends
) -> None:
    """Keep a copy of a live value that stays, as a deleted one for some purposes.

    Args:
        kept: until when, by purpose.
        since: when the value ended for each of them.
    """
    place, value_id = cell_place(subject.environment_id, subject.public_id, column.public_id, row.id), uuid4()
    copied = cell_place(subject.environment_id, subject.public_id, column.public_id, value_id)
    _forget_copies(pen, subject, column, row, kept)
    Value.objects.create(
        id=value_id,
        environment_id=row.environment_id,
        subject=subject,
        column_id=row.column_id,
        sealed=key.seal(key.unseal(bytes(row.sealed), place), copied),
        blind=row.blind,
        blind_version=row.blind_version,
        is_unique_key=row.is_unique_key,
        origin=row.id,
        created_at=row.created_at,
        updated_at=pen.now,
        **_deleted(subject, column, kept, since),
    )


def _delete_in_place(pen: Pen, subject: Subject, column: ColumnDefinition, row: Value, kept: Ends, ended: Ends) -> None:
    _forget_copies(pen, subject, column, row, kept)
    changed = _deleted(subject, column, kept, ended) | {"updated_at": pen.now}
    if not kept:
        changed["retain_until"] = pen.now  # only a hold keeps it
    Value.objects.filter(pk=row.pk).update(**changed)


def _kept(pen: Pen, subject: Subject, column: ColumnDefinition, ended: Ends) -> dict[int, int] | None:
    """Until when an ended value is kept, by purpose; for a hold alone until its end, so that nobody can read it.

    None where it is not kept at all; a hold may keep a value that had no purpose left.
    """
    kept = pen.schedule.kept_after(column.pk, ended, now=pen.moment)
    pen.kept[column.name] += bool(kept)
    if pen.holds.keep(subject.pk, column.pk, ended, now=pen.now):
        pen.held += not kept
        held = pen.holds.kept_purposes(subject.pk, column.pk, ended, now=pen.now)
        return {purpose: ended[purpose] for purpose in held} | kept
    return kept or None


def _deleted(subject: Subject, column: ColumnDefinition, kept: Ends, since: Ends) -> dict[str, Any]:
    """What the row of a deleted value says of its state, order and ends."""
    deleted = Value.objects.filter(subject=subject, column_id=column.pk, state=SOFT_DELETED)
    return {
        "state": SOFT_DELETED,
        "ordinal": (deleted.aggregate(last=Max("ordinal"))["last"] or 0) + 1,
        "purposes": list(kept),
        "consent_ends": [0] * len(kept),
        "since": [since[purpose] for purpose in kept],
        "expires": list(kept.values()),
        "retain_until": moment_of(list(kept.values())),
    }


def _forget_copies(pen: Pen, subject: Subject, column: ColumnDefinition, row: Value, kept: Ends) -> None:
    """A value that ends for a purpose again is not kept twice."""
    copies = Value.objects.filter(subject=subject, state=SOFT_DELETED, origin=row.id, purposes__contained_by=list(kept))
    if row.state == LIVE and not pen.holds.keep(subject.pk, column.pk, kept, now=pen.now):
        copies.delete()
