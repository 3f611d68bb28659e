"""How records of each topic lie in Redis: in frames or one by one, sealed or not, for ever or until they expire."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from dataflow.deadletters.concealing import Conceal, Unreadable
from dataflow.deadletters.letters import packed, unpacked
from dataflow.engines.envelopes import Envelopes
from dataflow.engines.frames import BREAK, LINES, PACKED, unpack
from dataflow.engines.protocol import Entry

SEALED = "e"
"""The field of an entry that holds one sealed record."""
_LINES, _PACKED, _SEALED, _VALUE = LINES.encode(), PACKED.encode(), SEALED.encode(), b"v"


class Topics:
    """Topics of one environment by their names on the wire.

    Args:
        tag: with what all keys of the environment begin.
        frames: records of a frame by topic.
        sealed: topics whose records lie sealed, each with the seconds after which they expire; 0 is never.
    """

    def __init__(self, tag: str, conceal: Conceal, frames: Mapping[str, int], sealed: Mapping[str, int]) -> None:
        self._tag, self._frames, self.sealed = f"{tag}:topic:", frames, sealed
        self._envelopes, self._places = Envelopes(conceal), _Places(self._tag)

    def stream(self, topic: str) -> str:
        """Return the key of a topic."""
        return self._tag + topic

    def frame_of(self, topic: str) -> int:
        """Return how many records a frame of a topic has; 0 where each record is an entry, -1 where that is sealed."""
        return -1 if topic in self.sealed else self._frames.get(topic, 0)

    def lasts_of(self, topic: str) -> int:
        """Return after how many milliseconds an entry is taken out; 0 where it stays."""
        return self.sealed.get(topic, 0) * 1000

    def closed(self, topic: str, key: bytes | None, value: bytes) -> bytes:
        """Return a record as it lies in a topic that is sealed."""
        return self._envelopes.seal(packed(key, value), self._places[topic])

    def entry(self, topic: str, id_: bytes, fields: Sequence[bytes]) -> Entry:
        """Return an entry of a topic, opened where it is sealed; `fields` are names and what they hold in turn.

        What lies in a sealed topic in the clear was there before it was declared, and is read. What lies sealed in a
        topic of which nobody said to this flow that it is sealed stays closed: the flow may put it out in the clear.
        Raises `Unreadable`.
        """
        if fields[0] == _SEALED:
            if topic not in self.sealed:
                raise Unreadable
            return _single(id_, *unpacked(self._envelopes.unseal(fields[1], self._places[topic])))
        return _entry_of(id_, fields)


class _Places(dict[str, bytes]):
    """Where records of topics lie, as that is sealed with them."""

    def __init__(self, tag: str) -> None:
        self._tag = tag

    def __missing__(self, topic: str) -> bytes:
        self[topic] = place = (self._tag + topic).encode()
        return place


def addressee(fields: Sequence[bytes]) -> bytes | None:
    """Return for which workers alone a record is that was put back from the dead letters; None for all others."""
    return fields[3] if len(fields) > 2 and fields[2] == b"g" else None


def singles(entries: Sequence[tuple[bytes, Sequence[bytes]]]) -> list[Entry] | None:
    """Return entries of which each is one record without a key; None where any has to be looked at more closely."""
    values = [fields[1] for _, fields in entries if len(fields) == 2 and fields[0] == _VALUE]
    if len(values) < len(entries) or BREAK in b"".join(values):
        return None
    return [Entry(id_, value) for (id_, _), value in zip(entries, values, strict=True)]


def _entry_of(id_: bytes, fields: Sequence[bytes]) -> Entry:
    first, data = fields[0], fields[1]
    if first == _LINES:
        return Entry(id_, data)
    if first == _PACKED:
        try:
            return Entry(id_, None, tuple(unpack(data)))
        except struct.error:  # nobody of ours wrote it: it is one record, of which its topic's type says what it is
            return Entry(id_, None, ((None, data),))
    key = None if len(fields) == 2 else dict(zip(fields[::2], fields[1::2], strict=True)).get(b"k")
    return _single(id_, key, data)


def _single(id_: bytes, key: bytes | None, value: bytes) -> Entry:
    return Entry(id_, value) if key is None and BREAK not in value else Entry(id_, None, ((key, value),))
