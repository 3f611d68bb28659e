"""Columns in the wire contract; beyond it they carry their PII tag and a description."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from governance.errors import Invalid
from governance.identities import Caller
from governance.models import AccessPolicy
from governance.wire.definitions import Family
from governance.wire.fields import Fields
from governance.wire.keys import BY_NAME, Keys, flag_key, number_key, text_key
from governance.wire.references import kept_reference, reference_to
from governance.wire.shapes import FLAG, ID, NUMBER, REFERENCE, TEXT, choice, shape
from userstore.actions.columns import ColumnSpec, change_column, define_column, retire_column, spec_of
from userstore.api.datatypes import (
    CONSTRAINT_FIELDS,
    named_data_type,
    reference_to_data_type,
    referred_data_type,
    rendered_constraint_fields,
    wire_type,
)
from userstore.datatypes import DataType
from userstore.models import Column, Transformer
from userstore.models.columns import MOST_SENSITIVE, UNCLASSIFIED

TABLE = "users"
_NEW = ColumnSpec(name="", data_type="string")


class Columns(Family[Column]):
    """What the store keeps about subjects."""

    name = "column"
    wrapper = "column"
    model = Column
    name_parameter = "column_name"
    keys: ClassVar[Keys] = {
        **BY_NAME,
        "description": text_key("description"),
        "type": text_key("data_type"),
        "index_type": text_key("index_type"),
        "pii_category": text_key("pii_category"),
        "sensitivity": number_key("sensitivity"),
        "is_array": flag_key("is_array"),
        "is_system": flag_key("is_system"),
    }
    shape = shape(
        id=ID,
        table=choice(TABLE),
        name=TEXT,
        description=TEXT,
        data_type=REFERENCE,
        type=TEXT,
        is_array=FLAG,
        default_value=TEXT,
        index_type=choice("none", "indexed", "unique"),
        search_indexed=FLAG,
        is_system=FLAG,
        access_policy=REFERENCE,
        default_transformer=REFERENCE,
        default_token_access_policy=REFERENCE,
        constraints=shape(
            partial_updates=FLAG,
            unique_required=FLAG,
            unique_id_required=FLAG,
            immutable_required=FLAG,
            fields=CONSTRAINT_FIELDS,
        ),
        pii_category={**TEXT, "description": "What the values say about somebody; 'unclassified' until it is set."},
        sensitivity={**NUMBER, "description": "1 public to 4 special categories and credentials."},
    )

    def render(self, row: Column) -> dict[str, Any]:
        data_type = named_data_type(row.data_type)
        return {
            "id": str(row.public_id),
            "table": TABLE,
            "name": row.name,
            "description": row.description,
            "data_type": reference_to_data_type(data_type),
            "type": wire_type(data_type),
            "is_array": row.is_array,
            "default_value": row.default_value,
            "index_type": row.index_type,
            "search_indexed": row.search_indexed,
            "is_system": row.is_system,
            "access_policy": reference_to(row.access_policy),
            "default_transformer": reference_to(row.default_transformer),
            "default_token_access_policy": reference_to(row.default_token_policy),
            "constraints": {
                "immutable_required": row.immutable_required,
                "partial_updates": row.partial_updates,
                "unique_id_required": row.unique_id_required,
                "unique_required": row.unique_required,
                "fields": rendered_constraint_fields(data_type),
            },
            "pii_category": row.pii_category,
            "sensitivity": row.sensitivity,
        }

    def read(self, fields: Fields, stored: Column | None) -> ColumnSpec:
        base = spec_of(stored) if stored else _NEW
        constraints = fields.nested("constraints")
        _refuse_other_tables(fields)
        category, sensitivity = _tag(fields, base)
        data_type = _data_type(fields, base.data_type if stored else None)
        _refuse_other_fields(constraints, data_type)
        return ColumnSpec(
            name=fields.text("name", base.name or None),
            data_type=data_type.name,
            is_array=fields.kept_flag("is_array", stored=base.is_array),
            description=fields.kept_text("description", base.description),
            default_value=fields.kept_text("default_value", base.default_value),
            index_type=fields.kept_text("index_type", base.index_type) or "none",
            search_indexed=fields.kept_flag("search_indexed", stored=base.search_indexed),
            unique_required=constraints.kept_flag("unique_required", stored=base.unique_required),
            unique_id_required=constraints.kept_flag("unique_id_required", stored=base.unique_id_required),
            immutable_required=constraints.kept_flag("immutable_required", stored=base.immutable_required),
            partial_updates=constraints.kept_flag("partial_updates", stored=base.partial_updates),
            pii_category=category,
            sensitivity=sensitivity,
            access_policy=kept_reference(fields, "access_policy", AccessPolicy, base.access_policy),
            default_transformer=kept_reference(fields, "default_transformer", Transformer, base.default_transformer),
            default_token_policy=kept_reference(
                fields, "default_token_access_policy", AccessPolicy, base.default_token_policy
            ),
        )

    def create(self, caller: Caller, asked: ColumnSpec, public_id: UUID | None) -> Column:
        return define_column(caller, spec=asked, public_id=public_id)

    def update(self, caller: Caller, asked: ColumnSpec, public_id: UUID) -> Column:
        return change_column(caller, public_id=public_id, spec=asked)

    def retire(self, caller: Caller, public_id: UUID) -> None:
        retire_column(caller, public_id=public_id)


def _refuse_other_tables(fields: Fields) -> None:
    if fields.kept_text("table", TABLE) not in {"", TABLE}:
        raise Invalid(f"Columns belong to the table {TABLE!r}.", field=fields.path("table"))


def _refuse_other_fields(constraints: Fields, data_type: DataType) -> None:
    """Old clients repeat the fields of the data type; naming others than it has is a mistake."""
    given = {each.text("name").lower() for each in constraints.nested_list("fields")}
    known = {field.struct_name for field in data_type.fields}
    if given and given | {"id"} != known | {"id"}:
        raise Invalid(
            f"These are not the fields of the data type {data_type.name}.",
            field=constraints.path("fields"),
            remedy="Leave them out.",
        )


def _tag(fields: Fields, base: ColumnSpec) -> tuple[str, int]:
    """The PII tag. Who names a category without a sensitivity gets the highest; nothing at all keeps what is there."""
    if not fields.has("pii_category"):
        return base.pii_category, fields.number("sensitivity", base.sensitivity)
    category = fields.text("pii_category", UNCLASSIFIED)
    kept = base.sensitivity if category == base.pii_category else MOST_SENSITIVE
    return category, fields.number("sensitivity", kept)


def _data_type(fields: Fields, stored: str | None) -> DataType:
    """The data type meant: by reference, by its old name `type`, or the one that is stored."""
    meant = referred_data_type(fields, "data_type")
    if meant is None and stored is not None:
        meant = named_data_type(stored)
        if fields.text("type", wire_type(meant)) == wire_type(meant):
            return meant
        meant = None
    if meant is None:
        meant = named_data_type(fields.text("type"), field=fields.path("type"))
    return meant
