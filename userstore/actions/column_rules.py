"""What a column may be: its specification, the rules that bind its parts, and what of it may change later."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from userstore.actions.methods import found_if_named, found_policy, hold_data_type
from userstore.actions.showing import DEFAULT, must_show
from userstore.datatypes import Concrete, DataType, ValueRefused
from userstore.errors import Invalid
from userstore.models import Column, Transformer
from userstore.models.columns import MOST_SENSITIVE, UNCLASSIFIED

LONGEST_CATEGORY, LONGEST_DEFAULT = 64, 512
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_UNIQUE = {Concrete.STRING, Concrete.INTEGER, Concrete.UUID}
_FROZEN = {
    "data_type": "data_type",
    "is_array": "is_array",
    "unique_required": "constraints.unique_required",
    "unique_id_required": "constraints.unique_id_required",
    "immutable_required": "constraints.immutable_required",
}


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column as asked for; its data type by name, other references by public id."""

    name: str
    data_type: str
    is_array: bool = False
    description: str = ""
    default_value: str = ""
    index_type: str = "none"
    search_indexed: bool = False
    unique_required: bool = False
    unique_id_required: bool = False
    immutable_required: bool = False
    partial_updates: bool = False
    pii_category: str = UNCLASSIFIED
    sensitivity: int = MOST_SENSITIVE
    access_policy: UUID | None = None
    default_transformer: UUID | None = None
    default_token_policy: UUID | None = None

    @property
    def is_indexed(self) -> bool:
        """Whether its values have a place in a blind index."""
        return self.index_type != "none" or self.search_indexed


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
        unique_id_required=column.unique_id_required,
        immutable_required=column.immutable_required,
        partial_updates=column.partial_updates,
        pii_category=column.pii_category,
        sensitivity=column.sensitivity,
        access_policy=column.access_policy.public_id if column.access_policy else None,
        default_transformer=column.default_transformer.public_id if column.default_transformer else None,
        default_token_policy=column.default_token_policy.public_id if column.default_token_policy else None,
    )


def without_tag(spec: ColumnSpec, existing: Column) -> ColumnSpec:
    """Whether a column is identical does not depend on the PII tag, which wire clients do not know."""
    return replace(
        spec,
        pii_category=existing.pii_category,
        sensitivity=existing.sensitivity,
        description=existing.description,
    )


def check_column(spec: ColumnSpec) -> None:
    """Refuse a column that makes no sense; must run inside the environment, whose data type it holds on to."""
    if not _NAME.fullmatch(spec.name):
        raise Invalid("A column's name has letters, digits, '_' and '-', at most 128.", field="name")
    data_type = hold_data_type(spec.data_type)
    if spec.index_type not in {"none", "indexed", "unique"}:
        raise Invalid("An index is none, indexed or unique.", field="index_type")
    if spec.index_type == "unique" and data_type.concrete not in _UNIQUE:
        raise Invalid(f"A {spec.data_type} column cannot be unique.", field="index_type")
    _check_constraints(spec, data_type)
    _check_tag(spec)
    if len(spec.default_value) > LONGEST_DEFAULT:
        raise Invalid(f"A default value has at most {LONGEST_DEFAULT} characters.", field="default_value")
    if spec.default_value:
        try:
            data_type.parse(spec.default_value)
        except ValueRefused as refused:
            raise Invalid(f"The default value does not fit: {refused}.", field="default_value") from None


def refuse_frozen_parts(column: Column, spec: ColumnSpec) -> None:
    """Refuse to change what stored values rest on."""
    for name, field in _FROZEN.items():
        if getattr(column, name) != getattr(spec, name):
            raise Invalid(f"The {name} of a column cannot change.", field=field, remedy="Define a new column.")
    if (column.index_type == "unique") != (spec.index_type == "unique"):
        raise Invalid("A column cannot become or cease to be unique.", field="index_type")
    if column.partial_updates and not spec.partial_updates:
        raise Invalid("Partial updates cannot be taken away.", field="constraints.partial_updates")


def column_fields(spec: ColumnSpec) -> dict[str, Any]:
    """Return what a column's row stores; must run inside the environment."""
    return {
        "name": spec.name,
        "description": spec.description,
        "data_type": spec.data_type,
        "is_array": spec.is_array,
        "default_value": spec.default_value,
        "index_type": spec.index_type,
        "search_indexed": spec.search_indexed,
        "unique_required": spec.unique_required,
        "unique_id_required": spec.unique_id_required,
        "immutable_required": spec.immutable_required,
        "partial_updates": spec.partial_updates,
        "pii_category": spec.pii_category.strip(),
        "sensitivity": spec.sensitivity,
        "access_policy": found_policy(spec.access_policy, field="access_policy"),
        "default_transformer": _default_transformer(spec),
        "default_token_policy": found_policy(spec.default_token_policy, field="default_token_access_policy"),
    }


def _default_transformer(spec: ColumnSpec) -> Transformer | None:
    named = found_if_named(Transformer, spec.default_transformer, field=DEFAULT)
    if named is not None:
        must_show(named, Column(name=spec.name, data_type=spec.data_type), field=DEFAULT)
    return named


def _check_constraints(spec: ColumnSpec, data_type: DataType) -> None:
    if spec.unique_id_required and not data_type.includes_id:
        raise Invalid(
            "Only values of a composite data type with an id can have unique ids.",
            field="constraints.unique_id_required",
            remedy="Define the data type with include_id.",
        )
    if spec.immutable_required and not spec.unique_id_required:
        raise Invalid(
            "Values that never change are known by their ids.",
            field="constraints.immutable_required",
            remedy="Ask for unique_id_required as well.",
        )
    if spec.partial_updates and not (spec.is_array and (spec.unique_required or spec.unique_id_required)):
        raise Invalid(
            "Partial updates need an array with unique values or unique ids.", field="constraints.partial_updates"
        )


def _check_tag(spec: ColumnSpec) -> None:
    if not 1 <= spec.sensitivity <= MOST_SENSITIVE:
        raise Invalid("Sensitivity runs from 1 to 4.", field="sensitivity")
    if not 1 <= len(spec.pii_category.strip()) <= LONGEST_CATEGORY:
        raise Invalid(
            f"A column needs a PII category of up to {LONGEST_CATEGORY} characters.",
            field="pii_category",
            remedy="For example 'contact' or 'none'.",
        )
    if spec.pii_category == UNCLASSIFIED and spec.sensitivity != MOST_SENSITIVE:
        raise Invalid("An unclassified column counts as most sensitive.", field="sensitivity")
