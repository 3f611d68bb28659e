"""The right edge of the tree as the database has it: what the sealer has to know to go on."""

from __future__ import annotations

import psycopg

from audit.verify.tiles import WIDTH, Edge, split
from audit.verify.tree import root_of


def load_edge(connection: psycopg.Connection, size: int) -> Edge:
    """Read the edge of the tree of the first `size` leaves from leaves and tiles.

    Raises `LookupError` where any is missing. That they are the right ones shows in the root: the caller compares it.
    """
    begun: list[list[bytes]] = []
    level, count = 0, size
    while count:
        begun.append(_begun(connection, level, count))
        level, count = level + 1, count // WIDTH
    return Edge(begun)


def _begun(connection: psycopg.Connection, level: int, count: int) -> list[bytes]:
    """Return the hashes behind the last full tile of a level that has `count` nodes."""
    first, missing = count - count % WIDTH, count % WIDTH
    if level == 0:
        statement = "select hash from audit_leaf where index >= %s and index < %s order by index"
        found = [row[0] for row in connection.execute(statement, [first, count])]
    else:
        statement = "select hashes from audit_tile where level = %s and number >= %s and number < %s order by number"
        found = [root_of(split(row[0])) for row in connection.execute(statement, [level - 1, first, count])]
    if len(found) != missing:
        raise LookupError(f"level {level} of the tree has {len(found)} hashes where {missing} belong")
    return found
