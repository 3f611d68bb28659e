"""Defining, changing and retiring composite data types."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from governance.actions.change import Change, configuration_change
from governance.actions.names import checked_name
from governance.actions.publishing import refuse_existing, refuse_in_use, refuse_taken_name
from governance.drafts.draftable import draftable
from governance.identities import Caller
from userstore import events
from userstore.datatypes import DATA_TYPES, CompositeField
from userstore.datatypes.composites import ID_FIELD, MOST_FIELDS, is_field_name
from userstore.definitions import data_type_of
from userstore.errors import Invalid, NotFound
from userstore.models import Column, DataTypeDefinition, Transformer

COMPOSITE = "composite"
LONGEST_DESCRIPTION = 128
_FIXED = ("name", "fields", "include_id")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field as asked for; its data type is a native one, by name."""

    name: str
    data_type: str
    required: bool = False
    ignore_for_uniqueness: bool = False


@dataclass(frozen=True, slots=True)
class DataTypeSpec:
    """A composite data type as asked for."""

    name: str
    description: str
    fields: tuple[FieldSpec, ...]
    include_id: bool = False


@draftable
def define_data_type(caller: Caller, *, spec: DataTypeSpec, public_id: UUID | None = None) -> DataTypeDefinition:
    """Define a composite data type.

    Raises:
        Invalid: name, description or fields make no sense.
        Conflict: name or id is taken; identical when everything asked for is the same.
    """
    _check(spec)
    with configuration_change(caller, events.DATA_TYPE_DEFINED) as change:
        refuse_existing(
            DataTypeDefinition, name=spec.name, public_id=public_id, is_same=lambda row: spec_of_data_type(row) == spec
        )
        row = DataTypeDefinition.objects.create(
            environment_id=caller.environment_id, public_id=public_id or uuid4(), **_stored(spec)
        )
        _describe(change, row)
    return row


@draftable
def change_data_type(caller: Caller, *, public_id: UUID, spec: DataTypeSpec) -> DataTypeDefinition:
    """Change a composite data type: its description at any time, the rest only while nothing uses it.

    Raises:
        Invalid: it is built in, or what is asked for makes no sense.
        Conflict: a column or transformer uses it, or another one has the name.
    """
    _check(spec)
    with configuration_change(caller, events.DATA_TYPE_CHANGED) as change:
        row = _editable(public_id)
        refuse_taken_name(DataTypeDefinition, name=spec.name, public_id=public_id)
        if any(getattr(row, name) != value for name, value in _stored(spec).items() if name in _FIXED):
            refuse_in_use("data type", uses_of_data_type(row.name), public_id=public_id, remedy=_REMEDY)
        for name, value in _stored(spec).items():
            setattr(row, name, value)
        row.save()
        _describe(change, row)
    return row


@draftable
def retire_data_type(caller: Caller, *, public_id: UUID) -> None:
    """Retire a composite data type that nothing uses."""
    with configuration_change(caller, events.DATA_TYPE_RETIRED) as change:
        row = _editable(public_id)
        refuse_in_use("data type", uses_of_data_type(row.name), public_id=public_id, remedy=_REMEDY)
        change.facts.update(data_type=public_id, name=row.name)
        row.delete()


def spec_of_data_type(row: DataTypeDefinition) -> DataTypeSpec:
    """Return a stored data type as it could be asked for."""
    return DataTypeSpec(row.name, row.description, tuple(FieldSpec(**each) for each in row.fields), row.include_id)


def uses_of_data_type(name: str) -> list[str]:
    """Name the columns and transformers of a data type; must run inside the environment."""
    found = set(Column.objects.filter(data_type=name).values_list("name", flat=True))
    found |= set(Transformer.objects.filter(input_data_type=name).values_list("name", flat=True))
    found |= set(Transformer.objects.filter(output_data_type=name).values_list("name", flat=True))
    return sorted(found)


_REMEDY = "Define another data type, or retire what uses this one first."


def _check(spec: DataTypeSpec) -> None:
    checked_name(spec.name, what="data type")
    if spec.name.lower() == COMPOSITE:
        raise Invalid("This word means all composite data types.", field="name", remedy="Choose another name.")
    if not 1 <= len(spec.description) <= LONGEST_DESCRIPTION:
        raise Invalid(f"A data type needs a description of 1 to {LONGEST_DESCRIPTION} letters.", field="description")
    if not 1 <= len(spec.fields) <= MOST_FIELDS:
        raise Invalid(f"A composite data type has 1 to {MOST_FIELDS} fields.", field="composite_attributes.fields")
    for position, field in enumerate(spec.fields, start=1):
        _check_field(field, position)
    fields = [CompositeField(field.name, DATA_TYPES[field.data_type]) for field in spec.fields]
    if spec.include_id:
        fields.append(ID_FIELD)
    for written in ("struct_name", "camel_case_name"):
        (name, times), *_ = Counter(getattr(field, written).lower() for field in fields).most_common(1)
        if times > 1:
            raise Invalid(f"Two fields would be called {name}.", field="composite_attributes.fields")


def _check_field(field: FieldSpec, position: int) -> None:
    place = f"composite_attributes.fields[{position - 1}]"
    if not is_field_name(field.name):
        raise Invalid(
            "A field's name has parts joined by '_', each Capitalised or ALLCAPS, the first beginning with a letter.",
            field=f"{place}.name",
            position=position,
            remedy="For example Street_Address.",
        )
    if field.data_type not in DATA_TYPES:
        raise Invalid(
            "A field is of a native data type.",
            field=f"{place}.data_type",
            position=position,
            remedy=f"Known: {', '.join(DATA_TYPES)}.",
        )


def _stored(spec: DataTypeSpec) -> dict[str, Any]:
    fields = [
        {
            "name": field.name,
            "data_type": field.data_type,
            "required": field.required,
            "ignore_for_uniqueness": field.ignore_for_uniqueness,
        }
        for field in spec.fields
    ]
    return {"name": spec.name, "description": spec.description, "fields": fields, "include_id": spec.include_id}


def _editable(public_id: UUID) -> DataTypeDefinition:
    row = DataTypeDefinition.objects.select_for_update().filter(public_id=public_id).first()
    if row is None:
        raise NotFound("There is no such data type.", field="id")
    if row.is_system:
        raise Invalid("A built-in data type cannot be changed.", field="id")
    return row


def _describe(change: Change, row: DataTypeDefinition) -> None:
    change.facts.update(
        data_type=row.public_id, name=row.name, fields=[field.name for field in data_type_of(row).fields]
    )
