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
from governance.wire.shapes import ANY, FLAG, ID, NUMBER, REFERENCE, TEXT, array, choice, shape
from userstore.actions.columns import ColumnSpec, change_column, define_column, retire_column, spec_of
from userstore.api.datatypes import reference_to_data_type, referred_data_type
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
            fields=array(ANY),
        ),
        pii_category={**TEXT, "description": "What the values say about somebody; 'unclassified' until it is set."},
        sensitivity={**NUMBER, "description": "1 public to 4 special categories and credentials."},
    )

    def render(self, row: Column) -> dict[str, Any]:
        return {
            "id": str(row.public_id),
            "table": TABLE,
            "name": row.name,
            "description": row.description,
            "data_type": reference_to_data_type(row.data_type),
            "type": row.data_type,
            "is_array": row.is_array,
            "default_value": row.default_value,
            "index_type": row.index_type,
            "search_indexed": row.search_indexed,
            "is_system": row.is_system,
            "access_policy": reference_to(row.access_policy),
            "default_transformer": reference_to(row.default_transformer),
            "default_token_access_policy": reference_to(row.default_token_policy),
            "constraints": {
                "immutable_required": False,
                "partial_updates": row.partial_updates,
                "unique_id_required": False,
                "unique_required": row.unique_required,
                "fields": [],
            },
            "pii_category": row.pii_category,
            "sensitivity": row.sensitivity,
        }

    def read(self, fields: Fields, stored: Column | None) -> ColumnSpec:
        base = spec_of(stored) if stored else _NEW
        constraints = fields.nested("constraints")
        _refuse_what_is_not_offered(fields, constraints)
        category, sensitivity = _tag(fields, base)
        return ColumnSpec(
            name=fields.text("name", base.name or None),
            data_type=_data_type(fields, base.data_type if stored else None),
            is_array=fields.kept_flag("is_array", stored=base.is_array),
            description=fields.kept_text("description", base.description),
            default_value=fields.kept_text("default_value", base.default_value),
            index_type=fields.kept_text("index_type", base.index_type) or "none",
            search_indexed=fields.kept_flag("search_indexed", stored=base.search_indexed),
            unique_required=constraints.kept_flag("unique_required", stored=base.unique_required),
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


def _refuse_what_is_not_offered(fields: Fields, constraints: Fields) -> None:
    if fields.kept_text("table", TABLE) not in {"", TABLE}:
        raise Invalid(f"Columns belong to the table {TABLE!r}.", field=fields.path("table"))
    for name in ("immutable_required", "unique_id_required"):
        if constraints.flag(name, default=False):
            raise Invalid(
                "This constraint needs a composite data type, which this server does not have.",
                field=constraints.path(name),
                remedy="Leave it false; unique_required keeps the values of one user apart.",
            )


def _tag(fields: Fields, base: ColumnSpec) -> tuple[str, int]:
    """The PII tag. Who names a category without a sensitivity gets the highest; nothing at all keeps what is there."""
    if not fields.has("pii_category"):
        return base.pii_category, fields.number("sensitivity", base.sensitivity)
    category = fields.text("pii_category", UNCLASSIFIED)
    kept = base.sensitivity if category == base.pii_category else MOST_SENSITIVE
    return category, fields.number("sensitivity", kept)


def _data_type(fields: Fields, stored: str | None) -> str:
    referred = referred_data_type(fields, "data_type")
    return referred if referred is not None else fields.text("type", stored)
