"""The book with its tree as lines that are verified elsewhere, read in one snapshot; memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from audit.integrity.edge import load_edge
from audit.verify.exports import ALL, Header, begun_line, checkpoint_line, end_line, leaf_line, tile_line
from audit.verify.tiles import HEIGHT, WIDTH, FullTile

_AT_ONCE = 5_000

_LEAVES = """
select l.index, l.hash,
    case when %(whose)s::uuid is null or e.environment_id = %(whose)s then convert_to(e.body, 'UTF8') end
from audit_leaf l left join audit_entry e on e.id = l.entry_id and e.recorded_at = l.recorded_at
where l.index >= %(first)s order by l.index
"""

_CHECKPOINTS = """
select c.size, c.note || coalesce((
    select string_agg(s.line || E'\\n', '' order by s.witness) from audit_cosignature s where s.size = c.size), '')
from audit_signedcheckpoint c where c.size > %s order by c.size
"""


def exported(connection: psycopg.Connection, *, first: int, environment_id: UUID | None) -> Iterator[bytes]:
    """Yield the lines, as the tables have them: judging is the verifier's business.

    Args:
        connection: as the auditor, in a transaction of one snapshot.
        first: index to begin with; what a verifier needs of the tree before it comes first.
        environment_id: whose bodies; of other environments' entries there is the hash alone. None for all bodies.
    """
    yield Header(_origin(connection), str(environment_id or ALL), first).line()
    for level, hashes in enumerate(load_edge(connection, first).begun):
        yield begun_line(level, hashes)
    checkpoints = _rows(connection, "checkpoints", _CHECKPOINTS, [first])
    due = next(checkpoints, None)
    size = first
    for index, hash_, body in _rows(connection, "leaves", _LEAVES, {"first": first, "whose": environment_id}):
        yield leaf_line(index, hash_, body)
        size += 1
        if size % WIDTH == 0:
            yield from _tiles(connection, size)
        while due is not None and due[0] <= size:
            yield checkpoint_line(due[1])
            due = next(checkpoints, None)
    while due is not None:
        yield checkpoint_line(due[1])
        due = next(checkpoints, None)
    yield end_line(size)


def size_of(connection: psycopg.Connection) -> int:
    """Return how many entries the log has signed."""
    row = connection.execute("select max(size) from audit_signedcheckpoint").fetchone()
    return row[0] or 0 if row else 0


def _tiles(connection: psycopg.Connection, size: int) -> Iterator[bytes]:
    """Yield the tiles that the last leaf of a tree of a size completed, the lowest first."""
    level, count = 0, size
    while count % WIDTH == 0:
        count >>= HEIGHT
        statement = "select hashes from audit_tile where level = %s and number = %s"
        row = connection.execute(statement, [level, count - 1]).fetchone()
        if row is not None:
            yield tile_line(FullTile(level, count - 1, row[0]))
        level += 1


def _rows(connection: psycopg.Connection, name: str, statement: str, parameters: object) -> Iterator[TupleRow]:
    with connection.cursor(name=name, binary=True) as cursor:
        cursor.itersize = _AT_ONCE
        yield from cursor.execute(statement, parameters)  # type: ignore[arg-type]  # lists and dictionaries both


def _origin(connection: psycopg.Connection) -> str:
    row = connection.execute("select note from audit_signedcheckpoint order by size desc limit 1").fetchone()
    return str(row[0]).partition("\n")[0] if row else ""
