"""Defining, changing and retiring columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from governance.actions.change import Change, configuration_change
from governance.actions.publishing import refuse_existing, refuse_in_use, refuse_taken_name
from governance.drafts.draftable import draftable
from governance.identities import Caller
from keyring.actions import create_key, destroy_key, ensure_key
from keyring.keys import KeyKind
from keyring.models import WrappedKey
from userstore import events
from userstore.actions.builtin import refresh_built_in_methods
from userstore.actions.column_rules import (
    ColumnSpec,
    check_column,
    column_fields,
    refuse_frozen_parts,
    spec_of,
    without_tag,
)
from userstore.actions.indexing import settle_index
from userstore.actions.renaming import named_in_selectors, rename_in_selectors
from userstore.errors import Conflict, Invalid, NotFound
from userstore.models import AccessorColumn, Column, MutatorColumn, Token, Value
from userstore.retention.holding import stored_holds

__all__ = ["ColumnSpec", "change_column", "classify_columns", "define_column", "retire_column", "spec_of"]

_SETTLED_AT_ONCE = 2000
"""Values whose blind indexes are filled or cleared before a change answers; the clock does the rest."""


@draftable
def define_column(caller: Caller, *, spec: ColumnSpec, public_id: UUID | None = None) -> Column:
    """Define a column.

    Raises:
        Invalid: name, type, constraints or PII tag make no sense.
        Conflict: name or id is taken; identical when everything asked for is the same.
    """
    with configuration_change(caller, events.COLUMN_DEFINED) as change:
        check_column(spec)
        refuse_existing(
            Column,
            name=spec.name,
            public_id=public_id,
            is_same=lambda stored: spec_of(stored) == without_tag(spec, stored),
        )
        column = Column.objects.create(
            environment_id=caller.environment_id, public_id=public_id or uuid4(), **column_fields(spec)
        )
        if spec.is_indexed:
            create_key(environment_id=caller.environment_id, kind=KeyKind.INDEX, scope=str(column.public_id))
        refresh_built_in_methods(caller.environment_id)
        _describe(change, column)
    return column


@draftable
def change_column(caller: Caller, *, public_id: UUID, spec: ColumnSpec) -> Column:
    """Change what may change: name, default, index, policy, transformer, PII tag, partial updates off to on.

    A new name is written into every selector that names the column. A new index is filled from the stored values, one
    taken away is cleared; until that is done look-ups go without it.

    Raises:
        Invalid: the type, the array, uniqueness or a constraint would change, which stored values do not allow.
    """
    with configuration_change(caller, events.COLUMN_CHANGED) as change:
        check_column(spec)
        column = _column(public_id)
        if column.is_system:
            raise Invalid("A built-in column cannot be changed.", field="id")
        refuse_frozen_parts(column, spec)
        refuse_taken_name(Column, name=spec.name, public_id=public_id)
        if spec.name != column.name:
            change.facts["methods"] = rename_in_selectors(change, old=column.name, new=spec.name)
        was_indexed = spec_of(column).is_indexed
        for name, value in column_fields(spec).items():
            setattr(column, name, value)
        if was_indexed != spec.is_indexed:
            _begin_to_settle(column)
        column.save()
        refresh_built_in_methods(caller.environment_id)
        _describe(change, column)
    if not column.is_index_settled:
        settle_index(caller.environment_id, public_id, most=_SETTLED_AT_ONCE)
    return column


@draftable
def classify_columns(caller: Caller, *, public_ids: Sequence[UUID], pii_category: str, sensitivity: int) -> None:
    """Give several columns the same PII tag in one change, of which every column has its own entry.

    Raises:
        Invalid: none is named, one is built in, or the tag makes no sense.
        NotFound: there is no such column.
    """
    with configuration_change(caller, events.COLUMN_CHANGED) as change:
        if not public_ids:
            raise Invalid("Name at least one column.", field="public_ids")
        columns = [_column(public_id) for public_id in dict.fromkeys(public_ids)]
        for column in columns:
            if column.is_system:
                raise Invalid("A built-in column cannot be changed.", field="public_ids")
            tagged = replace(spec_of(column), pii_category=pii_category, sensitivity=sensitivity)
            check_column(tagged)
            for name, value in column_fields(tagged).items():
                setattr(column, name, value)
            column.save()
        change.entries = [_described(column) for column in columns]


@draftable
def retire_column(caller: Caller, *, public_id: UUID) -> None:
    """Retire a column that no accessor or mutator names; its values, tokens and index keys are destroyed.

    The record says how many values and tokens that were; the consent history stays.
    """
    with configuration_change(caller, events.COLUMN_RETIRED) as change:
        column = _column(public_id)
        if column.is_system:
            raise Invalid("A built-in column cannot be retired.", field="id")
        refuse_in_use("column", _uses_of(column), public_id=public_id)
        _refuse_held(column, now=change.now)
        refresh_built_in_methods(caller.environment_id, leaving=column)
        tokens, _ = Token.objects.filter(column_id=column.pk).delete()
        values, _ = Value.objects.filter(column=column).delete()
        _destroy_index_keys(column)
        change.facts.update(column=public_id, name=column.name, values=values, tokens=tokens)
        column.delete()


def _refuse_held(column: Column, *, now: datetime) -> None:
    holds = stored_holds()
    values = Value.objects.filter(column=column).values_list("subject_id", "purposes") if holds.holds else []
    if holds.names_column(column.pk, now=now) or any(
        holds.keep(subject, column.pk, purposes, now=now) for subject, purposes in values
    ):
        raise Conflict(
            "A legal hold keeps values of this column.",
            existing_id=column.public_id,
            remedy="It has to be released first, or to end.",
        )


def _begin_to_settle(column: Column) -> None:
    """Keep look-ups off the index until stored values have their places in it, or none of them has one any more."""
    column.is_index_settled = False
    if spec_of(column).is_indexed:
        # One that was indexed before finds its key again: other processes may still hold it.
        ensure_key(environment_id=column.environment_id, kind=KeyKind.INDEX, scope=str(column.public_id))


def _destroy_index_keys(column: Column) -> None:
    keys = WrappedKey.objects.filter(kind=KeyKind.INDEX.value, scope=str(column.public_id))
    for key_id in list(keys.values_list("id", flat=True)):
        destroy_key(environment_id=column.environment_id, key_id=key_id)


def _column(public_id: UUID) -> Column:
    column = Column.objects.select_for_update().filter(public_id=public_id).first()
    if column is None:
        raise NotFound("There is no such column.", field="id")
    return column


def _uses_of(column: Column) -> list[str]:
    outputs = AccessorColumn.objects.filter(column=column, accessor__is_system=False)
    inputs = MutatorColumn.objects.filter(column=column, mutator__is_system=False)
    names = {*outputs.values_list("accessor__name", flat=True), *inputs.values_list("mutator__name", flat=True)}
    return sorted(names | named_in_selectors(column))


def _describe(change: Change, column: Column) -> None:
    change.facts.update(_described(column))


def _described(column: Column) -> dict[str, Any]:
    return {
        "column": column.public_id,
        "name": column.name,
        "data_type": column.data_type,
        "category": column.pii_category,
        "sensitivity": column.sensitivity,
    }
