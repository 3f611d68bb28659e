"""Defining, changing and retiring columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from governance.actions.change import Change, configuration_change
from governance.actions.publishing import refuse_existing, refuse_in_use, refuse_taken_name
from governance.identities import Caller
from keyring.actions import create_key
from keyring.keys import KeyKind
from userstore import events
from userstore.actions.accessors import keep_accessor
from userstore.actions.builtin import refresh_built_in_methods
from userstore.actions.methods import found_if_named, found_policy
from userstore.actions.mutators import keep_mutator
from userstore.datatypes import DATA_TYPES, ValueRefused
from userstore.errors import Conflict, Invalid, NotFound
from userstore.models import AccessorColumn, Column, MutatorColumn, Transformer, Value
from userstore.models.accessors import Accessor
from userstore.models.columns import MOST_SENSITIVE, UNCLASSIFIED
from userstore.models.mutators import Mutator
from userstore.retention.holding import stored_holds
from userstore.selectors import SelectorError, parse

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_UNIQUE_TYPES = {"string", "integer", "uuid", "email", "phonenumber", "e164_phonenumber", "ssn"}


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column as asked for; references by public id."""

    name: str
    data_type: str
    is_array: bool = False
    description: str = ""
    default_value: str = ""
    index_type: str = "none"
    search_indexed: bool = False
    unique_required: bool = False
    partial_updates: bool = False
    pii_category: str = UNCLASSIFIED
    sensitivity: int = MOST_SENSITIVE
    access_policy: UUID | None = None
    default_transformer: UUID | None = None
    default_token_policy: UUID | None = None


def define_column(caller: Caller, *, spec: ColumnSpec, public_id: UUID | None = None) -> Column:
    """Define a column.

    Raises:
        Invalid: name, type, constraints or PII tag make no sense.
        Conflict: name or id is taken; identical when everything asked for is the same.
    """
    _check(spec)
    with configuration_change(caller, events.COLUMN_DEFINED) as change:
        refuse_existing(
            Column,
            name=spec.name,
            public_id=public_id,
            is_same=lambda stored: spec_of(stored) == _without_tag(spec, stored),
        )
        column = Column.objects.create(
            environment_id=caller.environment_id, public_id=public_id or uuid4(), **_fields(spec)
        )
        if column.index_type != "none" or column.search_indexed:
            create_key(environment_id=caller.environment_id, kind=KeyKind.INDEX, scope=str(column.public_id))
        refresh_built_in_methods(caller.environment_id)
        _describe(change, column)
    return column


def change_column(caller: Caller, *, public_id: UUID, spec: ColumnSpec) -> Column:
    """Change what may change: name, default, index advice, policy, transformer, PII tag, partial updates off to on.

    Raises:
        Invalid: the type, the array, uniqueness or a constraint would change, which stored values do not allow.
    """
    _check(spec)
    with configuration_change(caller, events.COLUMN_CHANGED) as change:
        column = _column(public_id)
        if column.is_system:
            raise Invalid("A built-in column cannot be changed.", field="id")
        _refuse_frozen_parts(column, spec)
        refuse_taken_name(Column, name=spec.name, public_id=public_id)
        if spec.name != column.name:
            _rename_in_selectors(change, column.name, spec.name)
        for name, value in _fields(spec).items():
            setattr(column, name, value)
        column.save()
        refresh_built_in_methods(caller.environment_id)
        _describe(change, column)
    return column


def retire_column(caller: Caller, *, public_id: UUID) -> None:
    """Retire a column that no accessor or mutator names; its values are destroyed, the record says how many."""
    with configuration_change(caller, events.COLUMN_RETIRED) as change:
        column = _column(public_id)
        if column.is_system:
            raise Invalid("A built-in column cannot be retired.", field="id")
        refuse_in_use("column", _uses_of(column), public_id=public_id)
        _refuse_held(column, now=change.now)
        values, _ = Value.objects.filter(column=column).delete()
        AccessorColumn.objects.filter(column=column).delete()
        MutatorColumn.objects.filter(column=column).delete()
        change.facts.update(column=public_id, name=column.name, values=values)
        column.delete()
        refresh_built_in_methods(caller.environment_id)


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


def spec_of(column: Column) -> ColumnSpec:
    """Return a stored column as it could be asked for."""
    return ColumnSpec(
        name=column.name,
        data_type=column.data_type,
        is_array=column.is_array,
        description=column.description,
        default_value=column.default_value,
        index_type=column.index_type,
        search_indexed=column.search_indexed,
        unique_required=column.unique_required,
        partial_updates=column.partial_updates,
        pii_category=column.pii_category,
        sensitivity=column.sensitivity,
        access_policy=column.access_policy.public_id if column.access_policy else None,
        default_transformer=column.default_transformer.public_id if column.default_transformer else None,
        default_token_policy=column.default_token_policy.public_id if column.default_token_policy else None,
    )


def _without_tag(spec: ColumnSpec, existing: Column) -> ColumnSpec:
    """Whether a column is identical does not depend on the PII tag, which wire clients do not know."""
    return replace(
        spec,
        pii_category=existing.pii_category,
        sensitivity=existing.sensitivity,
        description=existing.description,
    )


def _check(spec: ColumnSpec) -> None:
    if not _NAME.fullmatch(spec.name):
        raise Invalid("A column's name has letters, digits, '_' and '-', at most 128.", field="name")
    data_type = DATA_TYPES.get(spec.data_type)
    if data_type is None:
        raise Invalid(
            f"There is no data type {spec.data_type[:64]!r}.",
            field="data_type",
            remedy=f"Known: {', '.join(DATA_TYPES)}.",
        )
    if spec.index_type not in {"none", "indexed", "unique"}:
        raise Invalid("An index is none, indexed or unique.", field="index_type")
    if spec.index_type == "unique" and spec.data_type not in _UNIQUE_TYPES:
        raise Invalid(f"A {spec.data_type} column cannot be unique.", field="index_type")
    if spec.partial_updates and not (spec.is_array and spec.unique_required):
        raise Invalid("Partial updates need an array with unique values.", field="constraints.partial_updates")
    if not 1 <= spec.sensitivity <= MOST_SENSITIVE:
        raise Invalid("Sensitivity runs from 1 to 4.", field="sensitivity")
    if not spec.pii_category.strip():
        raise Invalid("A column needs a PII category.", field="pii_category", remedy="For example 'contact' or 'none'.")
    if spec.pii_category == UNCLASSIFIED and spec.sensitivity != MOST_SENSITIVE:
        raise Invalid("An unclassified column counts as most sensitive.", field="sensitivity")
    if spec.default_value:
        try:
            data_type.parse(spec.default_value)
        except ValueRefused as refused:
            raise Invalid(f"The default value does not fit: {refused}.", field="default_value") from None


def _fields(spec: ColumnSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "description": spec.description,
        "data_type": spec.data_type,
        "is_array": spec.is_array,
        "default_value": spec.default_value,
        "index_type": spec.index_type,
        "search_indexed": spec.search_indexed,
        "unique_required": spec.unique_required,
        "partial_updates": spec.partial_updates,
        "pii_category": spec.pii_category.strip(),
        "sensitivity": spec.sensitivity,
        "access_policy": found_policy(spec.access_policy, field="access_policy"),
        "default_transformer": found_if_named(Transformer, spec.default_transformer, field="default_transformer"),
        "default_token_policy": found_policy(spec.default_token_policy, field="default_token_access_policy"),
    }


def _refuse_frozen_parts(column: Column, spec: ColumnSpec) -> None:
    for name in ("data_type", "is_array", "unique_required"):
        if getattr(column, name) != getattr(spec, name):
            raise Invalid(f"The {name} of a column cannot change.", field=name, remedy="Define a new column.")
    if (column.index_type == "unique") != (spec.index_type == "unique"):
        raise Invalid("A column cannot become or cease to be unique.", field="index_type")
    if column.partial_updates and not spec.partial_updates:
        raise Invalid("Partial updates cannot be taken away.", field="constraints.partial_updates")
    was = column.index_type != "none" or column.search_indexed
    wanted = spec.index_type != "none" or spec.search_indexed
    if was != wanted and Value.objects.filter(column=column).exists():
        raise Invalid(
            "The index of a column that holds values cannot change yet.",
            field="index_type",
            remedy="Define the index before the first value.",
        )
    if not was and wanted:
        create_key(environment_id=column.environment_id, kind=KeyKind.INDEX, scope=str(column.public_id))


def _column(public_id: UUID) -> Column:
    column = Column.objects.select_for_update().filter(public_id=public_id).first()
    if column is None:
        raise NotFound("There is no such column.", field="id")
    return column


def _uses_of(column: Column) -> list[str]:
    names = set(
        AccessorColumn.objects.filter(column=column, accessor__is_system=False).values_list("accessor__name", flat=True)
    )
    names |= set(
        MutatorColumn.objects.filter(column=column, mutator__is_system=False).values_list("mutator__name", flat=True)
    )
    for model in (Accessor, Mutator):
        for name, selector in model._default_manager.values_list("name", "selector"):
            if column.name in _columns_in(selector):
                names.add(name)
    return sorted(names)


def _columns_in(selector: str) -> tuple[str, ...]:
    try:
        return tuple(parse(selector).columns)
    except SelectorError:
        return ()


def _rename_in_selectors(change: Change, old: str, new: str) -> None:
    for accessor in Accessor.objects.select_for_update():
        if _renamed(accessor, old, new):
            keep_accessor(change, accessor)
    for mutator in Mutator.objects.select_for_update():
        if _renamed(mutator, old, new):
            keep_mutator(change, mutator)


def _renamed(method: Accessor | Mutator, old: str, new: str) -> bool:
    """Write a column's new name into the selector that names it, as a version of its own."""
    if old not in _columns_in(method.selector):
        return False
    method.selector = parse(method.selector).rename(old, new)
    method.version += 1
    method.save(update_fields=["selector", "version"])
    return True


def _describe(change: Change, column: Column) -> None:
    change.facts.update(
        column=column.public_id,
        name=column.name,
        data_type=column.data_type,
        category=column.pii_category,
        sensitivity=column.sensitivity,
    )
