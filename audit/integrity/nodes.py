"""Nodes of the tree as the database has them: full tiles, and what follows from leaves where a tile is not full."""

from __future__ import annotations

import psycopg

from audit.verify.tiles import HEIGHT, WIDTH, split
from audit.verify.tree import Node, root_of


def stored_nodes(connection: psycopg.Connection) -> Node:
    """Return what gives the root of any complete subtree; it remembers tiles, so it is for one proof or a few.

    Raises `LookupError` where a leaf or a tile that should be there is not.
    """
    known: dict[tuple[int, int], list[bytes]] = {}

    def hashes(level: int, number: int, first: int, count: int) -> list[bytes]:
        """Return `count` hashes of a tile, from the `first` on."""
        if (level, number) not in known:
            statement = "select hashes from audit_tile where level = %s and number = %s"
            row = connection.execute(statement, [level, number]).fetchone()
            if row is None:
                return begun(level, number * WIDTH + first, count)
            known[level, number] = split(row[0])
        return known[level, number][first : first + count]

    def begun(level: int, first: int, count: int) -> list[bytes]:
        if level:
            return [node(level * HEIGHT, each) for each in range(first, first + count)]
        statement = "select hash from audit_leaf where index >= %s and index < %s order by index"
        found = [row[0] for row in connection.execute(statement, [first, first + count])]
        if len(found) != count:
            raise LookupError(f"leaves {first} to {first + count - 1} are not all there")
        return found

    def node(level: int, number: int) -> bytes:
        tile, height = divmod(level, HEIGHT)
        if tile and not height:
            # A hash of a higher tile is the root of a full one below, which is there before its parent is.
            return root_of(hashes(tile - 1, number, 0, WIDTH))
        per_tile = WIDTH >> height
        return root_of(hashes(tile, number // per_tile, number % per_tile << height, 1 << height))

    return node
