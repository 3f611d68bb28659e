"""A sealer of a test's own, as its role, and what it made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from audit.integrity.integrating import Sealer, Turn
from audit.integrity.memory import Memory
from audit.recorder import append
from audit.verify.notes import LOG, Signer, new_signer
from tests.audit.connections import AddressOf
from tests.audit.vocabulary import ENVIRONMENT, OTHER, SERVICE

ORIGIN = "sealbook.test/book"
LOG_KEY = new_signer(ORIGIN, LOG, b"the log's seed, 32 bytes of it..")
_GUARDS = """
select c.relname, g.tgname from pg_trigger g join pg_class c on c.oid = g.tgrelid
where not g.tgisinternal and g.tgparentid = 0 and (c.oid = %(t)s::text::regclass
    or c.oid in (select inhrelid from pg_inherits where inhparent = %(t)s::text::regclass))
"""
_HELD_BACK = """
select count(*) from audit_entry e cross join pg_current_snapshot() s
where e.xid >= pg_snapshot_xmin(s) and e.xid < pg_snapshot_xmax(s)
"""
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@contextmanager
def sealing(
    role_url: AddressOf, *, signer: Signer = LOG_KEY, most: int = 20_000, memory: Path | None = None
) -> Iterator[Sealer]:
    """Give a sealer with a connection of its own, and a file of what it signed where one is named."""
    with psycopg.connect(role_url("sealer")) as connection:
        yield Sealer(connection, signer, most=most, memory=Memory(memory, signer.verifier) if memory else None)


def wrote(count: int) -> None:
    """Append some entries, each in a transaction of its own."""
    for number in range(count):
        append(OTHER, environment_id=ENVIRONMENT, actor=SERVICE, facts={"count": number})


def settled(role_url: AddressOf, *, seconds: float = 60) -> None:
    """Wait until one turn takes all that was appended: no transaction of another database holds some of it back."""
    deadline = time.monotonic() + seconds
    with psycopg.connect(role_url("sealer"), autocommit=True) as connection:
        while connection.execute(_HELD_BACK).fetchone() != (0,):
            assert time.monotonic() < deadline, "a transaction of the cluster does not end"
            time.sleep(0.005)


def turned_until(sealer: Sealer, size: int, *, seconds: float = 60) -> Turn:
    """Take turns until the tree has a size: transactions of other databases of the cluster may hold it back."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        turn = sealer.turn(now=NOW)
        if turn is not None and turn.size >= size:
            assert turn.size == size
            return turn
        time.sleep(0.005)
    raise AssertionError(f"the tree did not get to {size}")


def tampered(role_url: AddressOf, table: str, statement: str) -> None:
    """Run a statement as somebody who may do anything in the database: the guards of a table and its months lifted."""
    with psycopg.connect(role_url("superuser")) as connection:
        guards = [(Identifier(on), Identifier(name)) for on, name in connection.execute(_GUARDS, {"t": table})]
        for guard in guards:
            connection.execute(SQL("alter table {} disable trigger {}").format(*guard))
        connection.execute(statement)
        for guard in guards:
            connection.execute(SQL("alter table {} enable always trigger {}").format(*guard))
