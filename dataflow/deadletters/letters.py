"""Records that a flow could not work on: told without the record, opened one by one, put back, or dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol


class Letter(NamedTuple):
    """A dead letter without its record: from which topic, for which service, when and why it failed."""

    id: str
    topic: str
    service: str
    record: str
    """What the engine called the record there."""
    at: datetime
    why: str


class NoLetter(Exception):
    """There is no such dead letter, or not any more."""


class DeadLetters(Protocol):
    """The dead letters of one flow."""

    def all(self) -> Iterator[Letter]:
        """Yield them, the oldest first."""

    def waiting(self) -> int:
        """Return how many there are."""

    def opened(self, id_: str) -> tuple[Letter, bytes | None, bytes]:
        """Return one with the key and the value of its record. Raises `NoLetter`, `Unreadable`."""

    def replay(self, ids: Sequence[str]) -> int:
        """Put records back onto their topics, for the services that failed on them alone, each once.

        Returns how many that was: of those that are gone, nothing is put back. Raises `Unreadable`.
        """

    def drop(self, ids: Sequence[str]) -> int:
        """Drop them for good; return how many that was."""


def packed(key: bytes | None, value: bytes) -> bytes:
    """Return a record as it is sealed."""
    head = (b"\x00" if key is None else b"\x01") + len(key or b"").to_bytes(4, "big")
    return head + (key or b"") + value


def packed_closed(sealed: bytes) -> bytes:
    """Return a record that could not be opened as it is sealed once more."""
    return b"\x02\x00\x00\x00\x00" + sealed


def is_closed(record: bytes) -> bool:
    """Say whether a record is one that could not be opened."""
    return record[:1] == b"\x02"


def unpacked(record: bytes) -> tuple[bytes | None, bytes]:
    """Return the key and the value of a record as it was sealed."""
    begins = 5 + int.from_bytes(record[1:5], "big")
    return (record[5:begins] if record[0] == 1 else None), record[begins:]
