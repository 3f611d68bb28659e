"""Whole users for operations: every column, as far as the purpose `operational` is permitted.

Both ways lead through the built-in accessor and mutator, so rights, freezes, policies and the record are theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.actions.builtin import OPERATIONAL
from governance.actions.change import refusal_on_record
from governance.identities import Caller
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from userstore import events
from userstore.actions.builtin import GET_USERS, UPDATE_USER
from userstore.definitions import ColumnDefinition, Definitions, definitions_of
from userstore.errors import Invalid, NotFound, Refused
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.execute import execute_accessor
from userstore.writing.calls import MutatorCall
from userstore.writing.changes import KEEP_VALUES
from userstore.writing.execute import execute_mutator

_PURPOSE = [{"id": str(OPERATIONAL)}]


@dataclass(frozen=True, slots=True)
class Profile:
    """A user with every column's text, None where there is none that operations may see."""

    subject_id: UUID
    updated_at: datetime
    organization_id: UUID | None
    columns: Mapping[str, str | None]


def read_profiles(
    caller: Caller, *, subject_ids: Sequence[UUID], context: CallContext, now: datetime
) -> tuple[list[Profile], UUID]:
    """Read users by id, in the order of their ids; unknown ones are left out. Also gives the decision's id.

    Raises:
        Refused: the caller may not read through the built-in accessor.
    """
    call = AccessorCall(caller, GET_USERS, [[str(each) for each in subject_ids]], context)
    rows = execute_accessor(call, now=now)
    _refuse_limited(rows.limited_by, rows.decision_id)
    names = definitions_of(fresh_standing_of(caller.environment_id)).by_name
    found = [_profile(subject_id, row, names) for subject_id, row in zip(rows.subject_ids, rows.rows, strict=True)]
    return found, rows.decision_id


def read_profile(caller: Caller, *, subject_id: UUID, context: CallContext, now: datetime) -> tuple[Profile, UUID]:
    """Read one user; `NotFound` where there is none that the caller may see."""
    found, decision_id = read_profiles(caller, subject_ids=[subject_id], context=context, now=now)
    if not found:
        raise NotFound("There is no such user.", field="id")
    return found[0], decision_id


def change_profile(
    caller: Caller, *, subject_id: UUID, given: Mapping[str, Any], context: CallContext, now: datetime
) -> tuple[Profile, UUID]:
    """Write the columns that are given: null takes the operational purpose away, equal values change nothing.

    Of an array with partial updates only the values that operations may see are touched; those that are there for
    other purposes stay as they are.

    Raises:
        Invalid: an unknown column, or a value that does not fit.
        Refused: the caller may not read or not write through the built-in accessor and mutator.
    """
    # What accessor and mutator record of a refusal goes with their effects.
    with refusal_on_record(events.MUTATOR_EXECUTED, caller), in_environment(caller.environment_id):
        current, _ = read_profile(caller, subject_id=subject_id, context=context, now=now)
        definitions = definitions_of(fresh_standing_of(caller.environment_id))
        for row_data in _steps(given, current, definitions):
            call = MutatorCall(caller, UPDATE_USER, [str(subject_id)], row_data, context)
            receipt = execute_mutator(call, now=now)
            _refuse_limited(receipt.limited_by, receipt.decision_id)
            if not receipt.subject_ids:
                raise NotFound("There is no such user.", field="id")
        return read_profile(caller, subject_id=subject_id, context=context, now=now)


def _refuse_limited(limit: str, decision_id: UUID) -> None:
    """Refuse what cannot be left empty, as for a policy that does not admit; the limit stays for the record."""
    if limit:
        raise Refused("The policy does not admit this call.", decision_id=decision_id, reasons=(limit,))


def _profile(subject_id: UUID, row: Mapping[str, str], names: Mapping[str, ColumnDefinition]) -> Profile:
    organization = row.get("organization_id")
    return Profile(
        subject_id=subject_id,
        updated_at=datetime.fromisoformat(row["updated"]),
        organization_id=UUID(organization) if organization else None,
        columns={name: row.get(name) for name in sorted(names)},
    )


def _steps(given: Mapping[str, Any], current: Profile, definitions: Definitions) -> list[dict[str, Any]]:
    """The mutations that lead from what is there to what is given; an array may need two, first out, then in."""
    kept = {column.name: _kept() for column in definitions.stored if not column.immutable_required}
    first: dict[str, Any] = dict(kept)
    second: dict[str, Any] = {}
    for name, value in given.items():
        column = definitions.by_name.get(name)
        if column is None:
            raise Invalid(f"There is no column {name[:64]!r}.", field=f"profile.{name[:64]}")
        before = current.columns[name]
        if column.is_system or _is_same(column, value, before):
            continue
        if column.immutable_required:
            raise Invalid("The values of this column never change.", field=f"profile.{name}")
        if value is None:
            first[name] = {"value": KEEP_VALUES, "purpose_deletions": _PURPOSE}
        elif column.partial_updates:
            gone, come = _difference(value, before, name)
            if gone:
                first[name] = {"value_deletions": gone, "purpose_deletions": _PURPOSE}
            if come:
                second[name] = {"value_additions": come, "purpose_additions": _PURPOSE}
        else:
            first[name] = {"value": value, "purpose_additions": _PURPOSE}
    if not second:
        return [first]
    return [first, {**kept, **second}]


def _kept() -> dict[str, str]:
    return {"value": KEEP_VALUES}


def _is_same(column: ColumnDefinition, value: Any, before: str | None) -> bool:
    if value is None or before is None:
        return value is before
    if column.is_array:
        return bool(_array(value, column.name) == json.loads(before))
    if isinstance(value, str):
        return value == before
    return bool(value == json.loads(before) if isinstance(value, dict) else json.dumps(value) == before)


def _difference(value: Any, before: str | None, name: str) -> tuple[list[Any], list[Any]]:
    wanted, held = _array(value, name), json.loads(before) if before else []
    return [each for each in held if each not in wanted], [each for each in wanted if each not in held]


def _array(value: Any, name: str) -> list[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, list):
        raise Invalid("An array column takes an array of values.", field=f"profile.{name}")
    return value
