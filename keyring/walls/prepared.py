"""Statements that every connection prepares once, on Django's own connection and by libpq itself.

`exec_prepared` releases the interpreter while PostgreSQL works; fetching a hand-made pipeline's result does not.
Whatever psycopg itself had prepared it would drop after a rollback, and these with it: nothing else is to be prepared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import pq
from psycopg.abc import Transformer as RowReader
from psycopg.adapt import Transformer

_BINARY = pq.Format.BINARY
RowMaker = Callable[[Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement with the OIDs of its parameters; `reading` says how its rows are read, None: as psycopg does."""

    name: str
    text: str
    types: tuple[int, ...]
    reading: Any = None


_known: WeakKeyDictionary[Any, dict[str, RowReader]] = WeakKeyDictionary()
"""Which statements a connection knows, and how their rows are read. A connection belongs to one thread."""


def run_prepared(statement: Prepared, parameters: Sequence[bytes | None], make: RowMaker = tuple) -> list[Any]:
    """Run a statement with parameters in PostgreSQL's binary format; raises what psycopg does."""
    connection = connections[DEFAULT_DB_ALIAS]  # once: the proxy looks it up for every attribute
    connection.ensure_connection()
    raw = cast("psycopg.Connection[Any]", connection.connection)
    known = _known.get(raw)
    reader = known.get(statement.name) if known is not None else None
    if reader is None:
        reader = _prepare(raw, statement)
    bound = cast("Sequence[bytes]", parameters)  # libpq takes None for NULL; its wrapper's types do not say so
    result = raw.pgconn.exec_prepared(f"sealbook_{statement.name}".encode(), bound, [_BINARY] * len(bound), _BINARY)
    if result.status != pq.ExecStatus.TUPLES_OK:
        _fail(result)
    reader.set_pgresult(result)
    return reader.load_rows(0, result.ntuples, make)


def _prepare(raw: psycopg.Connection[Any], statement: Prepared) -> RowReader:
    result = raw.pgconn.prepare(f"sealbook_{statement.name}".encode(), statement.text.encode(), statement.types)
    if result.status != pq.ExecStatus.COMMAND_OK:
        _fail(result)
    # Not `Transformer(raw)`: what is known of a connection must not keep it alive.
    reader: RowReader = Transformer(statement.reading)
    _known.setdefault(raw, {})[statement.name] = reader
    return reader


def _fail(result: Any) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block:
        connection.needs_rollback = True
    raise psycopg.errors.error_from_result(result)
