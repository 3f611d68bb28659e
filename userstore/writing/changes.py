"""Reading `row_data`: what a call wants done to each column; normalised, typed and checked before it is stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from governance.errors import Invalid
from governance.standing import Standing
from userstore.datatypes import Composite, Value, ValueRefused
from userstore.datatypes.composites import ID_FIELD, with_id
from userstore.definitions import ColumnDefinition, purpose_meant
from userstore.writing.plan import MutatorPlan, Target
from userstore.writing.returning import comes_back

KEEP_VALUES = "UCCUR-7f55f479-3822-4976-a8a9-b789d5c6f152"
"""Wire sentinel: keep the values, change only their purposes."""
USE_DEFAULT = "UCDEF-7f55f479-3822-4976-a8a9-b789d5c6f152"
"""Wire sentinel: write the column's default value."""
LONGEST_ARRAY = 256


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """What to do to one column of every selected subject.

    `replaces`: the values become exactly `values` (None: keep them). Otherwise `additions` come, `deletions` go.
    `added`, `dropped` are purpose numbers; `exact` says that written values carry exactly `added`. `mark` came with the
    value, and has to be of the person whose value it is.
    """

    column: ColumnDefinition
    replaces: bool
    values: tuple[Value, ...] | None = ()
    additions: tuple[Value, ...] = ()
    deletions: tuple[Value, ...] = ()
    added: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    is_exact: bool = False
    fixed: frozenset[int] = field(default_factory=frozenset)
    mark: str = ""

    @property
    def purposes_touched(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys([*self.added, *self.dropped]))


Listed = dict[int, tuple[list[Any], tuple[int, ...]]]
"""Lists of purposes that were read already, by their identity: an import gives one list to all its records."""
_AS_USUAL = frozenset({"value", "purpose_additions"})
_NONE: frozenset[int] = frozenset()


def read_changes(
    row_data: Mapping[str, Any], plan: MutatorPlan, *, now: datetime, listed: Listed | None = None
) -> list[ColumnChange]:
    """Turn `row_data` into changes.

    Args:
        listed: what the calls of one batch, which share a standing, know of each other's purposes.

    Raises:
        Invalid: a column is missing or too much, a value is refused, purposes contradict each other or the mutator.
        NotFound: a purpose is unknown.
    """
    _check_columns(row_data, plan)
    known: Listed = {} if listed is None else listed
    return [_change(row_data[target.column.name], target, plan, now, known) for target in plan.targets]


def _check_columns(row_data: Mapping[str, Any], plan: MutatorPlan) -> None:
    names = {target.column.name for target in plan.targets}
    if row_data.keys() == names:
        return
    for name in row_data:
        if name not in names:
            raise Invalid(f"The mutator does not write a column {str(name)[:64]!r}.", field=str(name)[:64])
    for name in sorted(names - set(row_data)):
        raise Invalid(f"The mutator writes column {name!r}, which is missing.", field=name)


def _change(given: Any, target: Target, plan: MutatorPlan, now: datetime, listed: Listed) -> ColumnChange:
    column = target.column
    if not isinstance(given, Mapping):
        raise Invalid("A change of a column is an object.", field=column.name)
    entry = given if given.keys() <= _AS_USUAL else _folded(given)
    added = _purposes(entry, "purpose_additions", plan.standing, column, listed)
    dropped = _purposes(entry, "purpose_deletions", plan.standing, column, listed)
    if dropped and not set(added).isdisjoint(dropped):
        raise Invalid("A purpose is both added and deleted.", field=f"{column.name}.purpose_additions")
    added = _checked_against_fixed(added, dropped, plan, column)
    fixed = frozenset(p.number for p in plan.fixed_purposes) if plan.fixed_purposes else _NONE
    if column.partial_updates and ("value_additions" in entry or "value_deletions" in entry):
        if "mark" in entry:
            raise Invalid("A mark belongs to a whole value.", field=f"{column.name}.mark")
        return _partial(entry, target, added, dropped, fixed, now)
    if "value" not in entry:
        raise Invalid(
            "The change says nothing about the value.",
            field=column.name,
            remedy="Give 'value', or for a column with partial updates 'value_additions' or 'value_deletions'.",
        )
    mark = entry.get("mark", "")
    is_back = mark != "" and comes_back(mark, entry["value"], column, plan.standing.environment_id)
    return ColumnChange(
        column=column,
        replaces=True,
        values=None if is_back else _full(entry["value"], target, now),
        added=added,
        dropped=dropped,
        is_exact=bool(fixed),
        fixed=fixed,
        mark=mark,
    )


def _folded(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A change by lower-case names; what is null is not there, but for a value."""
    return {str(key).lower(): value for key, value in given.items() if value is not None or str(key).lower() == "value"}


def _checked_against_fixed(
    added: tuple[int, ...], dropped: tuple[int, ...], plan: MutatorPlan, column: ColumnDefinition
) -> tuple[int, ...]:
    """With fixed purposes a write carries exactly these: a call names all of them or none."""
    if not plan.fixed_purposes:
        return added
    fixed = tuple(p.number for p in plan.fixed_purposes)
    names = ", ".join(p.name for p in plan.fixed_purposes)
    if added and set(added) != set(fixed):
        raise Invalid(
            f"Mutator {plan.name} writes for exactly these purposes: {names}.",
            field=f"{column.name}.purpose_additions",
            remedy="Leave the purposes out, or name exactly these.",
        )
    if not set(dropped) <= set(fixed):
        raise Invalid(
            f"Mutator {plan.name} can withdraw only its own purposes: {names}.",
            field=f"{column.name}.purpose_deletions",
        )
    return tuple(number for number in fixed if number not in dropped)


def _partial(
    entry: Mapping[str, Any],
    target: Target,
    added: tuple[int, ...],
    dropped: tuple[int, ...],
    fixed: frozenset[int],
    now: datetime,
) -> ColumnChange:
    column = target.column
    additions = _list(entry.get("value_additions"), target, "value_additions", now)
    deletions = _list(entry.get("value_deletions"), target, "value_deletions", now)
    if not additions and not deletions:
        raise Invalid("There is nothing to add or delete.", field=f"{column.name}.value_additions")
    if additions and not added and not fixed:
        raise Invalid("Added values need purposes.", field=f"{column.name}.purpose_additions")
    if added and not additions and not fixed:
        raise Invalid("Purposes are added to no value.", field=f"{column.name}.value_additions")
    if dropped and not deletions:
        raise Invalid("Purposes are deleted from no value.", field=f"{column.name}.value_deletions")
    return ColumnChange(
        column=column,
        replaces=False,
        additions=additions,
        deletions=deletions,
        added=added or tuple(sorted(fixed)),
        dropped=dropped,
        is_exact=bool(fixed),
        fixed=fixed,
    )


def _full(raw: Any, target: Target, now: datetime) -> tuple[Value, ...] | None:
    column = target.column
    if raw == KEEP_VALUES:
        return None
    if raw == USE_DEFAULT:
        if not column.default_value:
            raise Invalid("The column has no default value.", field=f"{column.name}.value")
        raw = [column.default_value] if column.is_array else column.default_value
    if raw is None:
        return ()
    if column.is_array:
        return _list(raw, target, "value", now)
    return _typed([raw], target, "value", now)


def _list(raw: Any, target: Target, part: str, now: datetime) -> tuple[Value, ...]:
    """An array, as JSON or as JSON text; wire clients send both."""
    field_name = f"{target.column.name}.{part}"
    if raw is None:
        return ()
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            raise Invalid("This is not a JSON array.", field=field_name) from None
    if not isinstance(raw, list):
        raise Invalid("An array column takes an array of values.", field=field_name)
    if len(raw) > LONGEST_ARRAY:
        raise Invalid(f"At most {LONGEST_ARRAY} values at once.", field=field_name)
    values = _typed(raw, target, part, now)
    column = target.column
    if column.unique_required and _some_are_equal(map(column.data_type.index_form, values)):
        raise Invalid("A value occurs twice.", field=field_name)
    if column.unique_id_required and _some_are_equal(map(column.identity_of, values)):
        raise Invalid("An id occurs twice.", field=field_name)
    return values


def _typed(raw: Sequence[Any], target: Target, part: str, now: datetime) -> tuple[Value, ...]:
    column = target.column
    # What goes is named like something one looks for: by its id alone, or as it was before a field became required.
    is_leaving = part == "value_deletions" and bool(column.data_type.fields)
    read = column.data_type.comparand if is_leaving else column.data_type.parse
    found: list[Value] = []
    for position, item in enumerate(_normalised(raw, target, now), start=1):
        try:
            value = read(item)
        except ValueRefused as refused:
            raise Invalid(
                f"A value is not of type {column.data_type.name}: {refused}.",
                field=f"{column.name}.{part}",
                position=position,
            ) from None
        if column.unique_id_required and isinstance(value, Composite):
            if is_leaving and not value.part(ID_FIELD.struct_name):
                raise Invalid("A value is deleted by its id.", field=f"{column.name}.{part}", position=position)
            value = with_id(value, str(uuid4()))
        found.append(value)
    return tuple(found)


def _normalised(raw: Sequence[Any], target: Target, now: datetime) -> list[Any]:
    if target.normalizer.passes_through:
        return list(raw)
    texts = [item if isinstance(item, str) else json.dumps(item) for item in raw]
    return list(target.normalizer.apply(texts, now=now))


def _some_are_equal(forms: Iterable[bytes]) -> bool:
    seen = list(forms)
    return len(set(seen)) != len(seen)


def _purposes(
    entry: Mapping[str, Any], part: str, standing: Standing, column: ColumnDefinition, listed: Listed
) -> tuple[int, ...]:
    """The numbers of the purposes that one part of a change lists."""
    raw = entry.get(part)
    if raw is None:
        return ()
    if id(raw) in listed:  # which keeps the list, so that nothing else gets its identity
        return listed[id(raw)][1]
    field_name = f"{column.name}.{part}"
    if not isinstance(raw, list):
        raise Invalid("Purposes are a list.", field=field_name)
    found = [purpose_meant(item, standing, field=field_name).number for item in raw]
    if len(set(found)) != len(found):
        raise Invalid("A purpose occurs twice.", field=field_name)
    listed[id(raw)] = raw, tuple(found)
    return tuple(found)
