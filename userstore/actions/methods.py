"""What columns, accessors and mutators have in common when they are defined: finding what they name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from governance.models import AccessPolicy, Purpose
from userstore.datatypes import DataType
from userstore.definitions import data_type_of, known_data_types
from userstore.errors import Invalid, NotFound
from userstore.models import Column, DataTypeDefinition
from userstore.selectors import SelectorError, parse, typed

M = TypeVar("M", bound=models.Model)


def checked_selector(text: object, *, field: str = "selector_config.where_clause") -> str:
    """Return a selector that parses and fits the columns; `Invalid` carries the position otherwise."""
    if not isinstance(text, str):
        raise Invalid("A selector is a text.", field=field)
    known = known_data_types()
    types = {name: known[kind] for name, kind in Column.objects.values_list("name", "data_type")}
    try:
        typed(parse(text), types)
    except SelectorError as error:
        raise Invalid(error.message, field=field, position=error.position, remedy=error.remedy) from None
    return text


def found(model: type[M], public_id: UUID, *, field: str) -> M:
    """Return one definition of this environment or say which field names none."""
    manager: Any = model._default_manager
    row: M | None = manager.filter(public_id=public_id).first()
    if row is None:
        raise NotFound(f"There is no such {model._meta.verbose_name}.", field=field)
    return row


def found_if_named(model: type[M], public_id: UUID | None, *, field: str) -> M | None:
    """The same where nothing and the zero id mean none."""
    return found(model, public_id, field=field) if public_id is not None and public_id.int else None


def hold_data_type(name: str, *, field: str = "data_type") -> DataType:
    """Find a data type by name and keep it from being retired before this transaction is over."""
    row = DataTypeDefinition.objects.select_for_update(no_key=True).filter(name=name).first()
    if row is None:
        known = ", ".join(DataTypeDefinition.objects.values_list("name", flat=True)[:50])
        raise Invalid(f"There is no data type {name[:64]!r}.", field=field, remedy=f"Known: {known}.")
    return data_type_of(row)


def found_policy(public_id: UUID | None, *, field: str) -> AccessPolicy | None:
    """Return a policy; nothing and the zero id mean none."""
    return found_if_named(AccessPolicy, public_id, field=field)


def found_purposes(public_ids: Sequence[UUID]) -> list[Purpose]:
    """Return purposes in the order asked for."""
    return [found(Purpose, public_id, field="purposes") for public_id in public_ids]


def distinct_columns(public_ids: Sequence[UUID]) -> list[Column]:
    """Return columns in the order asked for; naming one twice or none at all is refused."""
    if not public_ids:
        raise Invalid("Name at least one column.", field="columns")
    if len(set(public_ids)) != len(public_ids):
        raise Invalid("A column is named twice.", field="columns")
    return [found(Column, public_id, field="columns") for public_id in public_ids]
