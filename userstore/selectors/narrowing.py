"""What a selector says about whom it can select, in terms the database can look up: a plan that misses nobody.

Every subject the selector matches is among those the plan finds; the reverse does not hold, so `matches` has the last
word. Looking up happens by id or by blind index; everything else is Everyone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from userstore.datatypes import DataType, Value
from userstore.selectors.conditions import AllOf, Condition, OneOf

ID = "id"


@dataclass(frozen=True, slots=True)
class Everyone:
    """No look-up helps."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nothing to look up."""


@dataclass(frozen=True, slots=True)
class ById:
    """The subjects with one of these ids."""

    ids: tuple[UUID, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ByIndex:
    """The subjects with an element of the column that equals one of the values; `forms` are their index forms."""

    column: str
    values: tuple[Value, ...] = field(repr=False)
    forms: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Both:
    """The subjects that all of the parts find; at least two."""

    parts: tuple[Narrowing, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """The subjects that any of the parts finds; at least two."""

    parts: tuple[Narrowing, ...]


Lookup: TypeAlias = ById | ByIndex
Narrowing: TypeAlias = Everyone | Nobody | ById | ByIndex | Both | Either
EVERYONE, NOBODY = Everyone(), Nobody()


def by_value(column: str, data_type: DataType, values: Iterable[Value]) -> Narrowing:
    """The subjects with one of the values in the column."""
    if column == ID:
        return _by_ids(value for value in values if isinstance(value, UUID))
    return _by_forms(column, ((data_type.index_form(value), value) for value in values))


def narrowed(condition: Condition[Narrowing]) -> Narrowing:
    """The plan for a whole condition, from what each of its leaves implies."""
    if isinstance(condition, AllOf):
        return _both([narrowed(part) for part in condition.parts])
    if isinstance(condition, OneOf):
        return _either([narrowed(part) for part in condition.parts])
    return condition


def _both(parts: list[Narrowing]) -> Narrowing:
    apart = [piece for part in parts for piece in (part.parts if isinstance(part, Both) else (part,))]
    merged = _merged([part for part in apart if part != EVERYONE], _intersected)
    if NOBODY in merged:
        return NOBODY
    if len(merged) < 2:
        return merged[0] if merged else EVERYONE
    return Both(tuple(merged))


def _either(parts: list[Narrowing]) -> Narrowing:
    apart = [piece for part in parts for piece in (part.parts if isinstance(part, Either) else (part,))]
    merged = _merged([part for part in apart if part != NOBODY], _united)
    if EVERYONE in merged:
        return EVERYONE
    if len(merged) < 2:
        return merged[0] if merged else NOBODY
    return Either(tuple(merged))


def _merged(parts: list[Narrowing], merge: Callable[[Lookup, Lookup], Narrowing]) -> list[Narrowing]:
    """The parts with one look-up per column.

    Intersecting look-ups of one column is sound although a subject may have several elements in it: within one
    condition all comparisons of a column speak of the same element.
    """
    lookups: dict[str, list[Lookup]] = {}
    others: list[Narrowing] = []
    for part in parts:
        if isinstance(part, ById):
            lookups.setdefault(ID, []).append(part)
        elif isinstance(part, ByIndex):
            lookups.setdefault(part.column, []).append(part)
        else:
            others.append(part)
    return [*(_reduced(of_column, merge) for of_column in lookups.values()), *others]


def _reduced(lookups: list[Lookup], merge: Callable[[Lookup, Lookup], Narrowing]) -> Narrowing:
    found: Narrowing = lookups[0]
    for lookup in lookups[1:]:
        if not isinstance(found, ById | ByIndex):
            return found
        found = merge(found, lookup)
    return found


def _intersected(one: Lookup, other: Lookup) -> Narrowing:
    if isinstance(one, ById) and isinstance(other, ById):
        ids = frozenset(other.ids)
        return _by_ids(value for value in one.ids if value in ids)
    if isinstance(one, ByIndex) and isinstance(other, ByIndex):
        forms = frozenset(other.forms)
        return _by_forms(one.column, ((form, value) for form, value in _pairs(one) if form in forms))
    return Both((one, other))


def _united(one: Lookup, other: Lookup) -> Narrowing:
    if isinstance(one, ById) and isinstance(other, ById):
        return _by_ids((*one.ids, *other.ids))
    if isinstance(one, ByIndex) and isinstance(other, ByIndex):
        return _by_forms(one.column, (*_pairs(one), *_pairs(other)))
    return Either((one, other))


def _pairs(lookup: ByIndex) -> Iterable[tuple[bytes, Value]]:
    return zip(lookup.forms, lookup.values, strict=True)


def _by_ids(ids: Iterable[UUID]) -> Narrowing:
    distinct = tuple(dict.fromkeys(ids))
    return ById(distinct) if distinct else NOBODY


def _by_forms(column: str, pairs: Iterable[tuple[bytes, Value]]) -> Narrowing:
    distinct = dict(pairs)
    return ByIndex(column, tuple(distinct.values()), tuple(distinct)) if distinct else NOBODY
