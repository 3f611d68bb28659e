"""What all data types have in common, native or composite."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from userstore.datatypes.errors import ValueRefused
from userstore.datatypes.forms import Concrete, Form, JsonValue, Value


@dataclass(frozen=True, slots=True)
class DataType:
    """Reads and writes the values of one data type; nothing it raises contains a value."""

    id: UUID
    name: str
    description: str
    concrete: Concrete
    form: Form[Any] = field(repr=False, compare=False)
    fields: tuple[CompositeField, ...] = ()
    """The fields of a composite one, none of a native one."""
    includes_id: bool = False

    def parse(self, raw: object) -> Value:
        """Turns JSON, or its text form, into a value that may be stored, or raises `ValueRefused`."""
        value: Value = self.form.parse(raw)
        return value

    def comparand(self, raw: object) -> Value:
        """Turns JSON, or its text form, into something stored values may be compared with, or raises `ValueRefused`.

        Only the Python type must fit: whoever searches a phone column for "+49" asks a fair question.
        """
        value: Value = self.form.comparand(raw)
        return value

    def fold(self, value: Value) -> Value:
        """Gives equal results for exactly the values that this data type calls equal."""
        return self._checked(self.form.fold(self._checked(value)))

    def canonical(self, value: Value) -> bytes:
        """Writes the value for sealing; `restore` gives back exactly it."""
        stored: bytes = self.form.canonical(self._checked(value))
        return stored

    def index_form(self, value: Value) -> bytes:
        """Writes the value for the blind index: the same bytes for exactly the values this data type calls equal."""
        folded: bytes = self.form.canonical(self.fold(value))
        return folded

    def restore(self, stored: bytes) -> Value:
        """Reads what `canonical` wrote, or raises `ValueRefused` with the code `unreadable`."""
        try:
            value: Value = self.form.restore(stored)
        except ValueError:
            pass  # its message would quote the bytes, so the refusal is raised where it has no context
        else:
            return value
        raise ValueRefused("unreadable", f"the stored bytes are no {self.name}")

    def render(self, value: Value) -> str:
        """Writes the value as accessor rows of the wire contract carry it."""
        return self.form.render(value)

    def json_value(self, value: Value) -> JsonValue:
        """Writes the value for typed rows: booleans, integers and objects as JSON has them, the rest as text."""
        return self.form.json_value(value)

    def _checked(self, value: Value) -> Value:
        # True is an int and a datetime is a date: the exact type, or other bytes than meant would be sealed.
        if type(value) is not self.form.kind:
            raise TypeError(f"a value of {self.name} is a {self.form.kind.__name__}, not a {type(value).__name__}")
        return value


@dataclass(frozen=True, slots=True)
class CompositeField:
    """A field of a composite data type; values name it by `struct_name`."""

    name: str
    data_type: DataType
    is_required: bool = False
    is_ignored_for_uniqueness: bool = False

    @property
    def struct_name(self) -> str:
        """`Street_Address` as values write it: `street_address`."""
        return self.name.lower()

    @property
    def camel_case_name(self) -> str:
        """`Street_Address` as programs write it: `StreetAddress`."""
        return self.name.replace("_", "")
