"""Inserting many rows with one statement. COPY would be faster, but PostgreSQL refuses it behind row-level security."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection
from django.db.models import AutoField, Field, Model
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault

from keyring.walls.arrays import BinaryArray, BinaryArrayDumper, array_of

M = TypeVar("M", bound=Model)
_AT_ONCE = 5000


def row_to_insert(model: type[M], **fields: Any) -> M:
    """Make a row of a model that is only to be inserted: every field by its column, nothing by default.

    What the framework does for a new object (defaults, signals, a call for every field) takes longer than sealing.
    """
    row = model.__new__(model)
    row.__dict__.update(fields, _state=ModelState())
    return row


def insert_many(rows: Sequence[Model]) -> None:
    """Insert rows of one model, every field as it stands; serials and defaults of the database are the database's.

    Raises:
        IntegrityError: one of the rows is in conflict with what is there; none was inserted.
    """
    if not rows:
        return
    given = {
        field.attname: [row.__dict__[field.attname] for row in rows]
        for field in rows[0]._meta.concrete_fields
        if not _is_made_by_the_database(field, rows[0])
    }
    insert_columns(type(rows[0]), given)


def insert_columns(
    model: type[Model],
    columns: Mapping[str, Sequence[Any]],
    *,
    shared: Mapping[str, Any] | None = None,
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert rows given column by column; return the named fields of every row, in any order.

    A statement has one array for every field, so its text is the same for any number of rows and no value is written
    into it. A field that is the same in all rows travels once.

    Args:
        columns: the values of a field in the order of the rows, by the field's attribute; of UUIDs the 16 bytes do.
        shared: fields that are the same in all rows.

    Raises:
        IntegrityError: one of the rows is in conflict with what is there; none was inserted.
    """
    count = len(next(iter(columns.values())))
    returned: list[tuple[Any, ...]] = []
    for start in range(0, count, _AT_ONCE):
        some = {name: values[start : start + _AT_ONCE] for name, values in columns.items()}
        returned += _insert(model, some, shared or {}, returning)
    return returned


def _insert(
    model: type[Model], columns: Mapping[str, Sequence[Any]], shared: Mapping[str, Any], returning: Sequence[str]
) -> list[tuple[Any, ...]]:
    meta = model._meta
    constants, arrays, places, named, picked, given = [], [], [], [], [], []
    for field in meta.concrete_fields:
        is_array, values = isinstance(field, ArrayField), columns.get(field.attname)
        if values is None and field.attname not in shared:
            continue
        given.append(str(field.column))
        if values is None or (len(values) > 1 and values.count(values[0]) == len(values)):
            constant = shared[field.attname] if values is None else values[0]
            picked.append(f"%s::{field.db_type(connection)}")
            constants.append(_as_text(constant) if is_array else _as_uuid(constant, field))
            continue
        kind = "text" if is_array else str(field.db_type(connection)).partition("(")[0]
        array, place = _parameter(kind, [*map(_as_text, values)] if is_array else values)
        arrays.append(array)
        places.append(place)
        named.append(str(field.column))
        picked.append(f"{field.column}::{field.db_type(connection)}")
    back = f" returning {', '.join(returning)}" if returning else ""
    head = f"insert into {meta.db_table} ({', '.join(given)}) select {', '.join(picked)}"
    statement = f"{head} from unnest({', '.join(places)}) as given ({', '.join(named)}){back}"
    connection.ensure_connection()
    try:
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.adapters.register_dumper(BinaryArray, BinaryArrayDumper)
            # psycopg would clear statements it prepared itself away with everybody's: the hot path's, too.
            cursor.execute(statement, [*constants, *arrays], prepare=False)
            return cursor.fetchall() if returning else []
    except psycopg.IntegrityError as error:
        if connection.in_atomic_block:
            connection.needs_rollback = True
        raise IntegrityError(*error.args) from error


def _parameter(kind: str, values: Sequence[Any]) -> tuple[Any, str]:
    """One parameter for many values, and its place. Arrays travel as texts, since `unnest` would flatten them."""
    array = array_of(kind, values)
    return (values, f"%s::{kind}[]") if array is None else (array, f"%b::{kind}[]")


def _is_made_by_the_database(field: Field[Any, Any], row: Model) -> bool:
    return isinstance(field, AutoField) or isinstance(row.__dict__[field.attname], DatabaseDefault)


def _as_uuid(value: Any, field: Field[Any, Any]) -> Any:
    return UUID(bytes=value) if isinstance(value, bytes) and field.db_type(connection) == "uuid" else value


def _as_text(array: Sequence[int]) -> str:
    return "{" + ",".join(map(str, array)) + "}"
