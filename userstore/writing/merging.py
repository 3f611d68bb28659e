"""What a change makes of the values that are there: pure, so that its laws can be tested against an oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from governance.errors import Conflict, Invalid
from userstore.datatypes import Value
from userstore.writing.changes import LONGEST_ARRAY, ColumnChange

Purposes = Mapping[int, int]
"""Purpose number to Unix seconds until which it is permitted (0: no end)."""


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A value that is there now; `since` is when its clock for a purpose started.

    `form` is its identity, `content` what may differ between values of one identity, `equal` what uniqueness compares
    where that is not the identity.
    """

    id: UUID
    ordinal: int
    form: bytes
    purposes: Purposes
    since: Purposes = field(default_factory=dict)
    content: bytes = b""
    equal: bytes | None = None


@dataclass(slots=True)
class Merge:
    """What to store: values to add, values whose purposes or place change, values to remove.

    `renewed` names the purposes for which the clock of a value that stays starts anew: all of them where the value
    itself was written again, else those that were given again.
    """

    added: list[tuple[Value, int, dict[int, int]]] = field(default_factory=list)
    changed: list[tuple[StoredValue, int, dict[int, int]]] = field(default_factory=list)
    removed: list[StoredValue] = field(default_factory=list)
    renewed: list[tuple[StoredValue, frozenset[int]]] = field(default_factory=list)


def merge(change: ColumnChange, current: Sequence[StoredValue], *, until: int) -> Merge:
    """Work out a change.

    A value of a known identity but with another content takes the other's place, and never its purposes where every
    value has its own.

    Args:
        until: Unix seconds until which newly given purposes hold, 0 for no end.

    Raises:
        Conflict: the array would grow beyond its limit, or hold equal values under two ids.
        Invalid: a value would change in a column whose values never do.
    """
    merged = _replace(change, current, until) if change.replaces else _update(change, current, until)
    if len(current) + len(merged.added) - len(merged.removed) > LONGEST_ARRAY:
        raise Conflict(f"A column holds at most {LONGEST_ARRAY} values of one subject.", field=change.column.name)
    if change.column.unique_required and change.column.unique_id_required:
        _refuse_equal_values(change, current, merged)
    return merged


def _replace(change: ColumnChange, current: Sequence[StoredValue], until: int) -> Merge:
    """The values become exactly those given. One that stays keeps its own purposes, whatever the others have."""
    if change.values is None:
        return _keep(change, current, until)
    merged = Merge()
    left: dict[bytes, list[StoredValue]] = {}
    for stored in current:
        left.setdefault(stored.form, []).append(stored)
    for_new = _resulting(change, _taken_over(change, current), until)
    for ordinal, value in enumerate(change.values, start=1):
        same = left.get(change.column.identity_of(value))
        known = same.pop(0) if same else None
        if known and _is_replaced(change, known, value):
            merged.removed.append(known)
            known = None
        purposes = _resulting(change, known.purposes, until) if known else for_new
        if known and not purposes:
            merged.removed.append(known)
        elif known:
            merged.renewed.append((known, frozenset(purposes)))
            if known.ordinal != ordinal or dict(known.purposes) != purposes:
                merged.changed.append((known, ordinal, purposes))
        elif purposes:
            # Without a purpose that permits keeping it nothing is stored, silently, as the wire contract has it.
            merged.added.append((value, ordinal, dict(purposes)))
    merged.removed += [stored for same_form in left.values() for stored in same_form]
    return merged


def _taken_over(change: ColumnChange, current: Sequence[StoredValue]) -> Purposes:
    """What a value that replaces others may be used for: what all of them may, until the first of them ends.

    Nothing in a column with partial updates, where every value has its own purposes.
    """
    if change.column.partial_updates or not current:
        return {}
    shared = set.intersection(*(set(value.purposes) for value in current))
    ends = {purpose: [value.purposes[purpose] for value in current] for purpose in shared}
    return {purpose: min((end for end in of if end), default=0) for purpose, of in ends.items()}


def _keep(change: ColumnChange, current: Sequence[StoredValue], until: int) -> Merge:
    """Only the purposes change, each value's own. Fixed purposes are for values that the call itself brings."""
    merged = Merge()
    added = () if change.is_exact else change.added
    for value in current:
        purposes = {p: t for p, t in value.purposes.items() if p not in change.dropped}
        purposes.update(dict.fromkeys(added, until))
        _settle(merged, value, purposes, renewed=frozenset(added))
    return merged


def _update(change: ColumnChange, current: Sequence[StoredValue], until: int) -> Merge:
    """Single values come and go; each has its own purposes, and a new one inherits nothing."""
    merged = Merge()
    identity_of = change.column.identity_of
    by_form = {value.form: value for value in current}
    deleted = {identity_of(value) for value in change.deletions}
    added = {identity_of(value): value for value in change.additions}
    ordinal = max((value.ordinal for value in current), default=0)
    for form, value in by_form.items():
        purposes = dict(value.purposes)
        if form in added and _is_replaced(change, value, added[form]):
            merged.removed.append(value)
            merged.added.append((added[form], value.ordinal, dict.fromkeys(change.added, until)))
            continue
        if form in deleted:
            gone = set(change.dropped) or (set(change.fixed) if change.is_exact else set(purposes))
            purposes = {p: t for p, t in purposes.items() if p not in gone}
        if form in added:
            purposes.update(dict.fromkeys(change.added, until))
        _settle(merged, value, purposes, renewed=frozenset(purposes if form in added else ()))
    for form, new in added.items():
        if form not in by_form:
            ordinal += 1
            merged.added.append((new, ordinal, dict.fromkeys(change.added, until)))
    return merged


def _is_replaced(change: ColumnChange, known: StoredValue, value: Value) -> bool:
    """Say whether a value takes the place of one that is known by the same identity."""
    if known.content == change.column.content_of(value):
        return False
    if change.column.immutable_required:
        raise Invalid(
            "The values of this column never change.",
            field=change.column.name,
            remedy="Delete the value, and add one with another id.",
        )
    return True


def _refuse_equal_values(change: ColumnChange, current: Sequence[StoredValue], merged: Merge) -> None:
    gone = {value.id for value in merged.removed}
    equal = [value.equal for value in current if value.id not in gone]
    equal += [change.column.data_type.index_form(value) for value, _, _ in merged.added]
    if len(set(equal)) != len(equal):
        raise Conflict("This column holds an equal value under another id.", field=change.column.name)


def _resulting(change: ColumnChange, held: Purposes, until: int) -> dict[int, int]:
    """What becomes of purposes under a change; fixed ones replace them."""
    kept = {} if change.is_exact else {p: t for p, t in held.items() if p not in change.dropped}
    return kept | dict.fromkeys(change.added, until)


def _settle(merged: Merge, value: StoredValue, purposes: dict[int, int], *, renewed: frozenset[int]) -> None:
    """Keep, change or remove one stored value, by what is left of its purposes."""
    if not purposes:
        merged.removed.append(value)
        return
    if renewed:
        merged.renewed.append((value, renewed))
    if purposes != dict(value.purposes):
        merged.changed.append((value, value.ordinal, purposes))
