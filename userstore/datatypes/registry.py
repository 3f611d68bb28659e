"""The native data types, under the names and ids the wire contract fixes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from userstore.datatypes.errors import ValueRefused
from userstore.datatypes.forms import Concrete, Form, JsonScalar, Value
from userstore.datatypes.moments import DateForm, TimestampForm
from userstore.datatypes.scalars import BooleanForm, IntegerForm, UuidForm
from userstore.datatypes.text import E164PhoneForm, EmailForm, PhoneForm, SsnForm, StringForm


@dataclass(frozen=True, slots=True)
class DataType:
    """Reads and writes the values of one data type; nothing it raises contains a value."""

    id: UUID
    name: str
    description: str
    concrete: Concrete
    form: Form[Any] = field(repr=False, compare=False)

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

    def json_value(self, value: Value) -> JsonScalar:
        """Writes the value for typed rows: boolean and integer as JSON has them, everything else as text."""
        return self.form.json_value(value)

    def _checked(self, value: Value) -> Value:
        # True is an int and a datetime is a date: the exact type, or other bytes than meant would be sealed.
        if type(value) is not self.form.kind:
            raise TypeError(f"a value of {self.name} is a {self.form.kind.__name__}, not a {type(value).__name__}")
        return value


_NATIVE = (
    DataType(UUID("76f0685b-dd42-4b3f-8c33-4c72e4eff73e"), "birthdate", "A day of birth", Concrete.DATE, DateForm()),
    DataType(UUID("e16b5ead-54db-4b42-a55f-f21907cda9e4"), "boolean", "True or false", Concrete.BOOLEAN, BooleanForm()),
    DataType(UUID("3e2546c0-14d6-49d3-8b95-a5000bb4ad6a"), "date", "A calendar day", Concrete.DATE, DateForm()),
    DataType(
        UUID("97f0ab8a-f2fd-43da-9feb-3d1f8aacc042"),
        "e164_phonenumber",
        "A phone number in E.164 form",
        Concrete.STRING,
        E164PhoneForm(),
    ),
    DataType(UUID("8a84f041-c605-4ebf-b552-9e14f51c9e54"), "email", "An e-mail address", Concrete.STRING, EmailForm()),
    DataType(
        UUID("22b8a1b6-e5a2-4c3c-9a99-746f0345b727"), "integer", "A whole number", Concrete.INTEGER, IntegerForm()
    ),
    DataType(
        UUID("ae962c31-2ca7-42e1-814b-32e6493dba82"),
        "phonenumber",
        "A phone number as people write it",
        Concrete.STRING,
        PhoneForm(),
    ),
    DataType(
        UUID("fba9f9bb-b9e0-4258-9fb8-6777792dbeba"), "ssn", "A US social security number", Concrete.STRING, SsnForm()
    ),
    DataType(UUID("d26b6d52-a8d7-4c2f-9efc-394eb90a3294"), "string", "A text", Concrete.STRING, StringForm()),
    DataType(
        UUID("66a87f97-32c4-4ccc-91da-d8c880e21e5a"),
        "timestamp",
        "A moment, kept in UTC",
        Concrete.TIMESTAMP,
        TimestampForm(),
    ),
    DataType(UUID("d036bbba-6012-4d74-b7c4-9a2bbc09a749"), "uuid", "A UUID", Concrete.UUID, UuidForm()),
)

DATA_TYPES: Mapping[str, DataType] = MappingProxyType({data_type.name: data_type for data_type in _NATIVE})
DATA_TYPES_BY_ID: Mapping[UUID, DataType] = MappingProxyType({data_type.id: data_type for data_type in _NATIVE})
