"""Records that a flow could not work on: told without the record, opened one by one, put back, or dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

_NO_KEY, _WITH_KEY, _CLOSED, _HIDDEN = bytes(5), b"\x01", b"\x02", b"\x04"
"""What a record begins with: without a key, with its length and itself, and one that could not be opened."""


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
    if key is None:
        return _NO_KEY + value
    return _WITH_KEY + len(key).to_bytes(4, "big") + key + value


def packed_hidden(key: bytes | None, value: bytes) -> bytes:
    """Return a record of a topic that is sealed: it never lies in the clear, whoever puts it back."""
    return _HIDDEN + packed(key, value)


def packed_closed(sealed: bytes) -> bytes:
    """Return a record that could not be opened as it is sealed once more."""
    return _CLOSED + bytes(4) + sealed


def is_closed(record: bytes) -> bool:
    """Say whether a record is one that could not be opened."""
    return record[:1] == _CLOSED


def was_sealed(record: bytes) -> bool:
    """Say whether a record came from a topic that is sealed."""
    return record[:1] == _HIDDEN


def unpacked(record: bytes) -> tuple[bytes | None, bytes]:
    """Return the key and the value of a record as it was sealed."""
    if record[:1] == _HIDDEN:
        return unpacked(record[len(_HIDDEN) :])
    if record[:1] != _WITH_KEY:
        return None, record[len(_NO_KEY) :]
    begins = 5 + int.from_bytes(record[1:5], "big")
    return record[5:begins], record[begins:]
