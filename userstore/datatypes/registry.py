"""The native data types, under the names and ids the wire contract fixes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from userstore.datatypes.forms import Concrete
from userstore.datatypes.moments import DateForm, TimestampForm
from userstore.datatypes.scalars import BooleanForm, IntegerForm, UuidForm
from userstore.datatypes.text import E164PhoneForm, EmailForm, PhoneForm, SsnForm, StringForm
from userstore.datatypes.types import DataType

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
