"""The store's definitions of one environment as reads and writes see them, loaded once per epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from governance.errors import Invalid, NotFound
from governance.policies.visibility import Visible
from governance.standing import Standing, StandingPurpose
from keyring.walls import in_environment
from userstore.datatypes import DATA_TYPES, Composite, CompositeField, DataType
from userstore.datatypes import Value as TypedValue
from userstore.datatypes.composites import ID_FIELD, composite_type
from userstore.models import Column, DataTypeDefinition

SYSTEM_COLUMNS = ("id", "created", "updated", "organization_id", "version")
"""Columns that the subject's row answers: no purposes, never written by mutators."""


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """A column as calls see it; `pk` is what value rows store."""

    pk: int
    public_id: UUID
    name: str
    data_type: DataType
    is_array: bool
    is_system: bool
    is_indexed: bool
    is_unique: bool
    unique_required: bool
    partial_updates: bool
    default_value: str
    pii_category: str
    sensitivity: int
    access_policy: UUID | None
    unique_id_required: bool = False
    immutable_required: bool = False
    is_index_settled: bool = True

    @property
    def is_looked_up(self) -> bool:
        """Whether look-ups may go by the blind index: it is there, and every value has its place in it."""
        return self.is_indexed and self.is_index_settled

    def identity_of(self, value: TypedValue) -> bytes:
        """What makes a value of a subject the same value: its id where values must have one, else what it says."""
        if self.unique_id_required and isinstance(value, Composite):
            return str(value.part(ID_FIELD.struct_name)).encode()
        return self.data_type.index_form(value)

    def content_of(self, value: TypedValue) -> bytes:
        """What may differ between values of one identity: nothing but in composite ones."""
        return self.data_type.canonical(value) if isinstance(value, Composite) else b""


@dataclass(frozen=True, slots=True)
class Definitions:
    """All columns of one environment by name, public id and key."""

    by_name: Mapping[str, ColumnDefinition]
    by_public_id: Mapping[UUID, ColumnDefinition]
    by_pk: Mapping[int, ColumnDefinition]

    @property
    def types(self) -> Mapping[str, DataType]:
        """The data type of every column by name, as selectors need them."""
        return {name: column.data_type for name, column in self.by_name.items()}

    @property
    def stored(self) -> list[ColumnDefinition]:
        """The columns whose values are sealed rows."""
        return [column for column in self.by_pk.values() if not column.is_system]

    def seen_by(self, visible: Visible) -> list[ColumnDefinition]:
        """The columns whose values scripts can look at."""
        return [column for column in self.stored if visible.shows(column.name)] if visible else []


def definitions_of(standing: Standing) -> Definitions:
    """Return the environment's columns as of the standing's epoch."""
    return standing.part("columns", lambda: _load(standing))


def purpose_meant(given: object, standing: Standing, *, field: str = "purpose") -> StandingPurpose:
    """Find the purpose that a call means: by its name, or by an object with id or name, whatever the case of the keys.

    Args:
        field: what an error calls the place.

    Raises:
        Invalid: it is neither, or an id is none.
        NotFound: there is no such purpose, or id and name mean two.
    """
    if isinstance(given, str):
        return _purpose(standing, public_id=None, name=given, field=field)
    if not isinstance(given, Mapping):
        raise Invalid("A purpose is a name, or an object with id or name.", field=field)
    folded = {str(key).lower(): value for key, value in given.items()}
    name = folded.get("name") or None
    if not isinstance(name, str | None):
        raise Invalid("The name of a purpose is a text.", field=field)
    return _purpose(standing, public_id=_optional_id(folded.get("id"), field=field), name=name, field=field)


def _optional_id(given: object, *, field: str) -> UUID | None:
    """Read an id as the wire has it: absent, empty and zero mean none."""
    if given in (None, ""):
        return None
    try:
        found = UUID(str(given))
    except ValueError:
        raise Invalid("The id of a purpose is a UUID.", field=field) from None
    return found if found.int else None


def _purpose(standing: Standing, *, public_id: UUID | None, name: str | None, field: str) -> StandingPurpose:
    found = standing.purposes.get(public_id) if public_id else None
    if found is None and name:
        found = standing.purposes_by_name.get(name.lower())
    if found is None or (public_id and found.public_id != public_id) or (name and found.name.lower() != name.lower()):
        raise NotFound("There is no such purpose.", field=field, remedy="List the purposes to see their names.")
    return found


def known_data_types() -> dict[str, DataType]:
    """Return every data type of the environment by name; must run inside it."""
    return {row.name: data_type_of(row) for row in DataTypeDefinition.objects.all()}


def data_type_of(row: DataTypeDefinition) -> DataType:
    """Return what a stored definition means."""
    if row.is_native:
        return DATA_TYPES[row.name]
    fields = [
        CompositeField(each["name"], DATA_TYPES[each["data_type"]], each["required"], each["ignore_for_uniqueness"])
        for each in row.fields
    ]
    return composite_type(row.public_id, row.name, row.description, fields, includes_id=row.include_id)


def stored_fields(data_type: DataType) -> list[dict[str, object]]:
    """Return a data type's own fields as its definition stores them; `data_type_of` reads them."""
    return [
        {
            "name": field.name,
            "data_type": field.data_type.name,
            "required": field.is_required,
            "ignore_for_uniqueness": field.is_ignored_for_uniqueness,
        }
        for field in data_type.fields
        if field is not ID_FIELD
    ]


def _load(standing: Standing) -> Definitions:
    with in_environment(standing.environment_id):
        types = known_data_types()
        columns = [
            ColumnDefinition(
                pk=row.pk,
                public_id=row.public_id,
                name=row.name,
                data_type=types[row.data_type],
                is_array=row.is_array,
                is_system=row.is_system,
                is_indexed=row.index_type != "none" or row.search_indexed,
                is_unique=row.index_type == "unique",
                unique_required=row.unique_required,
                partial_updates=row.partial_updates,
                default_value=row.default_value,
                pii_category=row.pii_category,
                sensitivity=row.sensitivity,
                access_policy=row.access_policy.public_id if row.access_policy else None,
                unique_id_required=row.unique_id_required,
                immutable_required=row.immutable_required,
                is_index_settled=row.is_index_settled,
            )
            for row in Column.objects.select_related("access_policy")
        ]
    return Definitions(
        by_name={c.name: c for c in columns},
        by_public_id={c.public_id: c for c in columns},
        by_pk={c.pk: c for c in columns},
    )
