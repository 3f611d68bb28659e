"""Records in files of the engine's own, between two services: with keys and line breaks, sealed where they must be."""

from __future__ import annotations

from collections.abc import Collection

from dataflow.deadletters.concealing import Conceal
from dataflow.deadletters.letters import packed, unpacked
from dataflow.engines.envelopes import Envelopes
from dataflow.engines.frames import Record, pack, unpack


class FileRecords:
    """How records lie in these files; `sealed` are topics that may hold personal data."""

    def __init__(self, conceal: Conceal, sealed: Collection[str]) -> None:
        self._sealed, self._envelopes = sealed, Envelopes(conceal)

    def name_of(self, topic: str) -> str:
        """Return what the file of a topic is called."""
        return f"{topic}.{'sealed' if topic in self._sealed else 'records'}"

    def packed(self, topic: str, key: bytes | None, value: bytes) -> bytes:
        """Return a record as it is written."""
        if topic not in self._sealed:
            return pack(key, value)
        return pack(None, self._envelopes.seal(packed(key, value), topic.encode()))

    def unpacked(self, topic: str, data: bytes) -> tuple[Record, ...]:
        """Return the records of a part of a file. Raises `Unreadable`."""
        if topic not in self._sealed:
            return tuple(unpack(data))
        return tuple(unpacked(self._envelopes.unseal(each, topic.encode())) for _, each in unpack(data))
