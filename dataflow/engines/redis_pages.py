"""A page of a topic: its last entries, or those behind a cursor, so many that they have room in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from dataflow.engines.protocol import Message
from dataflow.engines.redis_sent import undressed

FIRST = "0-0"
"""The cursor before everything."""
MOST_BYTES = 1_048_576
"""After so many a page ends, with one entry at least."""
_AT_ONCE = 20

Found: TypeAlias = tuple[bytes, Sequence[bytes]]
"""The id of an entry, and names of fields and what they hold in turn."""


class Page(NamedTuple):
    """Records of a topic. `next`: the cursor behind the last entry; `closed`: how many could not be opened."""

    records: list[Message]
    next: str
    closed: int


def page_of(client: Any, stream: str, *, after: str, most: int) -> list[Found]:
    """Return up to so many entries of a stream behind a cursor, the oldest first; "" stands for the last ones."""
    bare, size = undressed(client), 0
    found: list[Found] = []
    for each in _forwards(bare, stream, after) if after else _backwards(bare, stream):
        size += sum(map(len, each[1]))
        if len(found) == most or (found and size > MOST_BYTES):
            break
        found.append(each)
    return found if after else found[::-1]


def _forwards(bare: Any, stream: str, after: str) -> Iterator[Found]:
    while found := bare.execute_command("XRANGE", stream, f"({after}", "+", "COUNT", _AT_ONCE):
        yield from ((id_, fields) for id_, fields in found)
        after = found[-1][0].decode()


def _backwards(bare: Any, stream: str) -> Iterator[Found]:
    before = "+"
    while found := bare.execute_command("XREVRANGE", stream, before, "-", "COUNT", _AT_ONCE):
        yield from ((id_, fields) for id_, fields in found)
        before = f"({found[-1][0].decode()}"
