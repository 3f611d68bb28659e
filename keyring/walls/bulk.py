"""Inserting many rows with one statement. COPY would be faster, but PostgreSQL refuses it behind row-level security."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection
from django.db.models import AutoField, Field, Model
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault

M = TypeVar("M", bound=Model)
_AT_ONCE = 5000
_AS_BINARY = frozenset({"uuid", "bytea", "bigint", "integer", "timestamp with time zone", "boolean"})
"""Types whose arrays travel in PostgreSQL's own form: nothing is quoted, and nothing searched for what to quote."""


def row_to_insert(model: type[M], **fields: Any) -> M:
    """Make a row of a model that is only to be inserted: every field by its column, nothing by default.

    What the framework does for a new object (defaults, signals, a call for every field) takes longer than sealing.
    """
    row = model.__new__(model)
    row.__dict__.update(fields, _state=ModelState())
    return row


def insert_many(rows: Sequence[Model]) -> None:
    """Insert rows of one model, every field as it stands; serials and defaults of the database are the database's.

    A statement has one array for every field, so its text is the same for any number of rows and no value is written
    into it. A field that is the same in all rows travels once.

    Raises:
        IntegrityError: one of the rows is in conflict with what is there; none was inserted.
    """
    for start in range(0, len(rows), _AT_ONCE):
        _insert(rows[start : start + _AT_ONCE])


def _insert(rows: Sequence[Model]) -> None:
    meta = rows[0]._meta
    constants, columns, picked, given = [], [], [], []
    for field in meta.concrete_fields:
        if _is_made_by_the_database(field, rows[0]):
            continue
        values = [row.__dict__[field.attname] for row in rows]
        if len(rows) > 1 and values.count(values[0]) == len(values):
            picked.append(f"%s::{field.db_type(connection)}")
            constants.append(_as_text(values[0]) if isinstance(field, ArrayField) else values[0])
        else:
            kind = _type_of(field)
            columns.append(([*map(_as_text, values)] if isinstance(field, ArrayField) else values, field, kind))
            picked.append(f"{field.column}::{field.db_type(connection)}")
        given.append(str(field.column))
    places = ", ".join(f"{'%b' if kind in _AS_BINARY else '%s'}::{kind}[]" for _, _, kind in columns)
    named = ", ".join(str(field.column) for _, field, _ in columns)
    head = f"insert into {meta.db_table} ({', '.join(given)}) select {', '.join(picked)}"
    statement = f"{head} from unnest({places}) as given ({named})"
    connection.ensure_connection()
    try:
        with psycopg.Cursor(connection.connection) as cursor:
            # psycopg would clear statements it prepared itself away with everybody's: the hot path's, too.
            cursor.execute(statement, [*constants, *(values for values, _, _ in columns)], prepare=False)
    except psycopg.IntegrityError as error:
        if connection.in_atomic_block:
            connection.needs_rollback = True
        raise IntegrityError(*error.args) from error


def _is_made_by_the_database(field: Field[Any, Any], row: Model) -> bool:
    return isinstance(field, AutoField) or isinstance(row.__dict__[field.attname], DatabaseDefault)


def _type_of(field: Field[Any, Any]) -> str:
    """What an array of a field's values is an array of: arrays travel as texts, since `unnest` would flatten them."""
    return "text" if isinstance(field, ArrayField) else str(field.db_type(connection)).partition("(")[0]


def _as_text(array: Sequence[int]) -> str:
    return "{" + ",".join(map(str, array)) + "}"
