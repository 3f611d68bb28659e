"""Data types in the wire contract: native ones, under the ids it fixes, and composite ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from governance.errors import Invalid
from governance.identities import Caller
from governance.wire.definitions import Family
from governance.wire.fields import Fields
from governance.wire.shapes import FLAG, ID, REFERENCE, TEXT, array, shape
from userstore.actions.datatypes import (
    DataTypeSpec,
    FieldSpec,
    change_data_type,
    define_data_type,
    retire_data_type,
    spec_of_data_type,
)
from userstore.datatypes import DATA_TYPES, DataType
from userstore.datatypes.composites import CANONICAL_ADDRESS, ID_FIELD
from userstore.definitions import data_type_of
from userstore.models import DataTypeDefinition

ADDRESS, COMPOSITE = "address", "composite"
_FIELD = {
    "name": TEXT,
    "camel_case_name": TEXT,
    "struct_name": {**TEXT, "description": "The key of the field in values."},
    "required": FLAG,
    "ignore_for_uniqueness": FLAG,
}
CONSTRAINT_FIELDS = array(shape(type=TEXT, **_FIELD))
_NEW = DataTypeSpec("", "", ())


class DataTypes(Family[DataTypeDefinition]):
    """What values may be."""

    name = "data_type"
    wrapper = "data_type"
    model = DataTypeDefinition
    name_parameter = "data_type_name"
    shape = shape(
        id=ID,
        name=TEXT,
        description=TEXT,
        is_composite_field_type={**FLAG, "description": "Whether fields of composite types may be of this type."},
        is_native=FLAG,
        is_system=FLAG,
        composite_attributes=shape(include_id=FLAG, fields=array(shape(data_type=REFERENCE, **_FIELD))),
    )

    def render(self, row: DataTypeDefinition) -> dict[str, Any]:
        data_type = data_type_of(row)
        fields = [
            {"data_type": reference_to_data_type(field.data_type), **_rendered(field)} for field in data_type.fields
        ]
        return {
            "id": str(row.public_id),
            "name": row.name,
            "description": row.description,
            "is_composite_field_type": row.is_native,
            "is_native": row.is_native,
            "is_system": row.is_system,
            "composite_attributes": {"include_id": row.include_id, "fields": fields},
        }

    def read(self, fields: Fields, stored: DataTypeDefinition | None) -> DataTypeSpec:
        base = spec_of_data_type(stored) if stored else _NEW
        attributes = fields.nested("composite_attributes")
        include_id = attributes.kept_flag("include_id", stored=base.include_id)
        given = tuple(
            _field(each)
            for each in attributes.nested_list("fields")
            if not (include_id and each.text("name", "").upper() == ID_FIELD.name)
        )
        return DataTypeSpec(
            name=fields.text("name", base.name or None),
            description=fields.kept_text("description", base.description),
            fields=given if attributes.has("fields") else base.fields,
            include_id=include_id,
        )

    def create(self, caller: Caller, asked: DataTypeSpec, public_id: UUID | None) -> DataTypeDefinition:
        return define_data_type(caller, spec=asked, public_id=public_id)

    def update(self, caller: Caller, asked: DataTypeSpec, public_id: UUID) -> DataTypeDefinition:
        return change_data_type(caller, public_id=public_id, spec=asked)

    def retire(self, caller: Caller, public_id: UUID) -> None:
        retire_data_type(caller, public_id=public_id)


def named_data_type(name: str, *, field: str = "data_type") -> DataType:
    """Return the data type of a name, in any letter case or in the contract's old words; inside the environment.

    Raises:
        Invalid: there is none, or the word means all composite ones.
    """
    native = DATA_TYPES.get(name)
    if native is not None:
        return native
    if name.lower() == COMPOSITE:
        raise Invalid("Say which composite data type is meant.", field=field, remedy="Name it in data_type.")
    row = DataTypeDefinition.objects.filter(name__iexact=name).first()
    if row is not None:
        return data_type_of(row)
    if name.lower() == ADDRESS:
        return CANONICAL_ADDRESS
    raise _unknown(field)


def referred_data_type(fields: Fields, name: str) -> DataType | None:
    """Return the data type that a reference means; None where the key is absent or null.

    Raises:
        Invalid: nothing is named, or nothing that exists here, or id and name mean two types.
    """
    if fields.raw(name) is None:
        return None
    reference = fields.nested(name)
    public_id, wanted = reference.optional_id("id"), reference.text("name", "")
    if public_id is None:
        return named_data_type(wanted, field=fields.path(name))
    row = DataTypeDefinition.objects.filter(public_id=public_id).first()
    if row is None or (wanted and row.name.lower() != wanted.lower()):
        raise _unknown(fields.path(name))
    return data_type_of(row)


def reference_to_data_type(data_type: DataType) -> dict[str, str]:
    """Write a reference to a data type."""
    return {"id": str(data_type.id), "name": data_type.name}


def wire_type(data_type: DataType) -> str:
    """Return the old word for a data type, one of those that clients of the contract know."""
    if data_type.id == CANONICAL_ADDRESS.id:
        return ADDRESS
    return COMPOSITE if data_type.fields else data_type.name


def rendered_constraint_fields(data_type: DataType) -> list[dict[str, Any]]:
    """Write the fields of a composite data type as columns and transformers repeat them."""
    return [{"type": field.data_type.name, **_rendered(field)} for field in data_type.fields]


def _rendered(field: Any) -> dict[str, Any]:
    return {
        "name": field.name,
        "camel_case_name": field.camel_case_name,
        "struct_name": field.struct_name,
        # Old clients expect the id to be required, although the server makes one where it is missing.
        "required": field.is_required or field is ID_FIELD,
        "ignore_for_uniqueness": field.is_ignored_for_uniqueness,
    }


def _field(fields: Fields) -> FieldSpec:
    data_type = referred_data_type(fields, "data_type")
    if data_type is None:
        raise Invalid("A field needs a data type.", field=fields.path("data_type"))
    spec = FieldSpec(
        name=fields.text("name"),
        data_type=data_type.name,
        required=fields.flag("required", default=False),
        ignore_for_uniqueness=fields.flag("ignore_for_uniqueness", default=False),
    )
    for name, derived in (("camel_case_name", spec.name.replace("_", "")), ("struct_name", spec.name.lower())):
        if fields.text(name, "") not in {"", derived}:
            raise Invalid(f"The {name} follows from the name.", field=fields.path(name), remedy="Leave it out.")
    return spec


def _unknown(field: str) -> Invalid:
    known = ", ".join(DataTypeDefinition.objects.values_list("name", flat=True)[:50])
    return Invalid("There is no such data type.", field=field, remedy=f"Known: {known}.")
