"""Many records as one entry of a topic: lines where that can be, else with their lengths, so that all bytes stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import TypeAlias

Record: TypeAlias = tuple[bytes | None, bytes]
"""A key and a value."""
BREAK = b"\n"
LINES, PACKED = "f", "p"
"""Fields of an entry: records joined by line breaks, and records with their lengths before them."""
_HEAD = Struct("<iI")
_NO_KEY = -1


def is_line(key: bytes | None, value: bytes) -> bool:
    """Say whether a record can be a line among others."""
    return key is None and BREAK not in value


def pack(key: bytes | None, value: bytes) -> bytes:
    """Return a record as a part of a packed frame; parts one behind the other are a frame."""
    length = _NO_KEY if key is None else len(key)
    return _HEAD.pack(length, len(value)) + (key or b"") + value


def unpack(frame: bytes) -> Iterator[Record]:
    """Yield the records of a packed frame."""
    at = 0
    while at < len(frame):
        keyed, length = _HEAD.unpack_from(frame, at)
        at += _HEAD.size
        begins = at + max(keyed, 0)
        yield (None if keyed == _NO_KEY else frame[at:begins]), frame[begins : begins + length]
        at = begins + length


def framed(records: Sequence[Record], size: int) -> Iterator[tuple[str, bytes]]:
    """Yield the entries for records, so many in each at most: a field and what it holds."""
    for first in range(0, len(records), size):
        some = records[first : first + size]
        if all(is_line(*each) for each in some):
            yield LINES, BREAK.join(value for _, value in some)
        else:
            yield PACKED, b"".join(pack(*each) for each in some)
