"""The store's definitions of one environment as reads and writes see them, loaded once per epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from governance.errors import Invalid, NotFound
from governance.policies.visibility import Visible
from governance.standing import Standing, StandingPurpose
from keyring.walls import in_environment
from userstore.datatypes import DATA_TYPES, DataType
from userstore.models import Column

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


def _load(standing: Standing) -> Definitions:
    with in_environment(standing.environment_id):
        columns = [
            ColumnDefinition(
                pk=row.pk,
                public_id=row.public_id,
                name=row.name,
                data_type=DATA_TYPES[row.data_type],
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
            )
            for row in Column.objects.select_related("access_policy")
        ]
    return Definitions(
        by_name={c.name: c for c in columns},
        by_public_id={c.public_id: c for c in columns},
        by_pk={c.pk: c for c in columns},
    )
