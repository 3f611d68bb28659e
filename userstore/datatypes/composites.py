"""Composite data types: objects whose fields are of native types. A value is kept as the JSON text that rows carry."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from userstore.datatypes.errors import ValueRefused
from userstore.datatypes.forms import Composite, Concrete, JsonScalar, Scalar
from userstore.datatypes.registry import DATA_TYPES
from userstore.datatypes.types import CompositeField, DataType

ID_FIELD = CompositeField("ID", DATA_TYPES["string"], is_ignored_for_uniqueness=True)
"""The field that tells values of one subject apart where a data type includes an id."""
MOST_FIELDS = 64

_PART = "[A-Z0-9]+|[A-Z0-9][a-z0-9]*"
_FIELD_NAME = re.compile(rf"(?=[A-Z])(?:{_PART})(?:_(?:{_PART}))*")
_SHOWN_KEY = re.compile(r"[A-Za-z0-9_]{1,64}")


def composite_type(
    public_id: UUID, name: str, description: str, fields: Sequence[CompositeField], *, includes_id: bool
) -> DataType:
    """Make a composite data type; with an id it has the field `ID` behind its own."""
    every = (*fields, ID_FIELD) if includes_id else tuple(fields)
    return DataType(public_id, name, description, Concrete.COMPOSITE, CompositeForm(name, every), every, includes_id)


def is_field_name(name: str) -> bool:
    """Say whether a field may be called so: parts joined by `_`, each Capitalised or ALLCAPS, the first a letter."""
    return len(name) <= 64 and _FIELD_NAME.fullmatch(name) is not None


def with_id(value: Composite, new_id: str) -> Composite:
    """The value with an id, its own where it has one."""
    if value.part(ID_FIELD.struct_name):
        return value
    named = tuple(part for part in value.parts if part[0] != ID_FIELD.struct_name)
    return Composite((*named, (ID_FIELD.struct_name, new_id)))


class CompositeForm:
    """Objects with the fields of one data type, read as JSON or as its text; keys match whatever their case."""

    kind = Composite

    def __init__(self, type_name: str, fields: Sequence[CompositeField]) -> None:
        self._name = type_name
        self._fields = tuple((field.struct_name, field) for field in fields)

    def parse(self, raw: object) -> Composite:
        given = self._given(raw)
        for name, field in self._fields:
            if field.is_required and name not in given:
                raise ValueRefused("field_missing", f"{self._name} needs the field {name}")
        return self._composite(given, lambda field, one: field.data_type.parse(one))

    def comparand(self, raw: object) -> Composite:
        return self._composite(self._given(raw), lambda field, one: field.data_type.comparand(one))

    def fold(self, value: Composite) -> Composite:
        """The value without fields that make no difference to uniqueness, the others folded as their types do."""
        counting = {name: field.data_type for name, field in self._fields if not field.is_ignored_for_uniqueness}
        folded = ((name, counting[name].fold(part)) for name, part in value.parts if name in counting)
        return Composite(tuple(folded))  # type: ignore[arg-type]  # fields are of native types, whose values are scalars

    def canonical(self, value: Composite) -> bytes:
        return orjson.dumps(self.json_value(value))

    def restore(self, stored: bytes) -> Composite:
        try:
            return self.comparand(orjson.loads(stored))
        except ValueRefused:
            raise ValueError("not a stored composite value") from None

    def render(self, value: Composite) -> str:
        return self.canonical(value).decode("utf-8")

    def json_value(self, value: Composite) -> dict[str, JsonScalar]:
        types = {name: field.data_type for name, field in self._fields}
        written: dict[str, Any] = {name: types[name].json_value(part) for name, part in value.parts}
        return written

    def _given(self, raw: object) -> Mapping[str, object]:
        """The parts that are there by struct name; null is none."""
        if isinstance(raw, Composite):
            return dict(raw.parts)
        if isinstance(raw, str):
            try:
                raw = json.loads(raw)
            except (ValueError, RecursionError):
                raw = None  # the message of the error would quote the text
        if not isinstance(raw, Mapping):
            known = ", ".join(name for name, _ in self._fields)
            raise ValueRefused("not_an_object", f"{self._name} is a JSON object with the fields {known}")
        given = {str(key).lower(): (str(key), one) for key, one in raw.items()}
        for name, (key, _) in given.items():
            if all(name != known for known, _ in self._fields):
                shown = key if _SHOWN_KEY.fullmatch(key) else "of that name"
                raise ValueRefused("field_unknown", f"{self._name} has no field {shown}")
        if len(given) != len(raw):
            raise ValueRefused("field_twice", f"a value of {self._name} names each field once")
        return {name: one for name, (_, one) in given.items() if one is not None}

    def _composite(self, given: Mapping[str, object], read: Any) -> Composite:
        parts: list[tuple[str, Scalar]] = []
        for name, field in self._fields:
            if name in given:
                try:
                    parts.append((name, read(field, given[name])))
                except ValueRefused as refused:
                    raise ValueRefused(refused.code, f"in the field {name}, {refused.remedy}") from None
        return Composite(tuple(parts))


CANONICAL_ADDRESS = composite_type(
    UUID("33dc5de6-94b6-4f08-94b6-e04d1f981671"),
    "canonical_address",
    "A postal address of any country",
    [
        CompositeField(name, DATA_TYPES["string"])
        for name in (
            "Country", "Name", "Organization", "Street_Address_Line_1", "Street_Address_Line_2", "Dependent_Locality",
            "Locality", "Administrative_Area", "Post_Code", "Sorting_Code",
        )
    ],
    includes_id=True,
)  # fmt: skip
"""The composite data type that every environment has."""
