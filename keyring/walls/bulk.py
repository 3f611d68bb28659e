"""Inserting many rows with one statement. COPY would be faster, but PostgreSQL refuses it behind row-level security."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection
from django.db.models import AutoField, Field, Model
from django.db.models.expressions import DatabaseDefault

_AT_ONCE = 5000


def insert_many(rows: Sequence[Model]) -> None:
    """Insert rows of one model, every field as it stands; serials and defaults of the database are the database's.

    A statement has one array for every field, so its text is the same for any number of rows and no value is written
    into it.

    Raises:
        IntegrityError: one of the rows is in conflict with what is there; none was inserted.
    """
    for start in range(0, len(rows), _AT_ONCE):
        _insert(rows[start : start + _AT_ONCE])


def _insert(rows: Sequence[Model]) -> None:
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not _is_made_by_the_database(field, rows[0])]
    names = ", ".join(str(field.column) for field in fields)
    places = ", ".join(f"%s::{_type_of(field)}[]" for field in fields)
    picked = ", ".join(f"{field.column}::{field.db_type(connection)}" for field in fields)
    statement = f"insert into {meta.db_table} ({names}) select {picked} from unnest({places}) as given ({names})"  # noqa: S608  names of our own fields
    connection.ensure_connection()
    try:
        with psycopg.Cursor(connection.connection) as cursor:
            # psycopg would clear statements it prepared itself away with everybody's: the hot path's, too.
            cursor.execute(statement, [_column(field, rows) for field in fields], prepare=False)
    except psycopg.IntegrityError as error:
        if connection.in_atomic_block:
            connection.needs_rollback = True
        raise IntegrityError(*error.args) from error


def _is_made_by_the_database(field: Field[Any, Any], row: Model) -> bool:
    return isinstance(field, AutoField) or isinstance(getattr(row, field.attname), DatabaseDefault)


def _type_of(field: Field[Any, Any]) -> str:
    """What an array of a field's values is an array of: arrays travel as texts, since `unnest` would flatten them."""
    return "text" if isinstance(field, ArrayField) else str(field.db_type(connection)).partition("(")[0]


def _column(field: Field[Any, Any], rows: Sequence[Model]) -> list[Any]:
    values = [getattr(row, field.attname) for row in rows]
    if isinstance(field, ArrayField):
        return ["{" + ",".join(map(str, value)) + "}" for value in values]
    return values
