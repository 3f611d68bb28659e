"""Under which names a worker reads: each answer of the server has a name, a consumer of the group, to itself.

Entries of a consumer can only be taken away, by whoever takes over what was left too long. So where the server counts
as many entries of a consumer as its one answer had, all of these are its worker's still, and one number says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dataflow.engines.protocol import Batch, Entry


class _Given(NamedTuple):
    entries: Sequence[Entry]
    reader: str


class Readers:
    """The readers of one worker. A reader whose answer got lost may have entries nobody knows of: it is left behind."""

    def __init__(self, worker: str) -> None:
        self._worker, self._made = worker, 0
        self._free: list[str] = []
        self._open: dict[str, int] = {}
        self._given: list[_Given] = []
        self._in_parts: list[tuple[str, set[tuple[str, bytes]]]] = []

    @property
    def with_entries(self) -> list[str]:
        """The readers that have entries."""
        return list(self._open)

    def next(self) -> str:
        """Return a reader that has no entries; `answered` or nothing is to follow."""
        if self._free:
            return self._free.pop()
        self._made += 1
        return f"{self._worker}.{self._made}"

    def answered(self, reader: str, topics: int) -> None:
        """Note that a reader was given entries of some topics, a batch of each."""
        if topics:
            self._open[reader] = topics
        else:
            self._free.append(reader)

    def gave(self, reader: str, batch: Batch) -> None:
        """Note which batch a reader's entries of a topic have become; what is not in it was acknowledged before."""
        if reader in self._open:
            self._given.append(_Given(batch.entries, reader))

    def of(self, batch: Batch) -> str:
        """Return the reader that has all entries of a batch and no others, but for those taken away; empty if none."""
        return next((each.reader for each in self._given if each.entries is batch.entries), "")

    def done(self, batch: Batch) -> None:
        """Note that nothing of a batch is waiting any more."""
        self.shrunk(batch, batch._replace(entries=()))

    def shrunk(self, batch: Batch, left: Batch) -> None:
        """Note which entries of a batch are waiting still; they can come as parts."""
        reader, waiting = self.of(batch), _names(left)
        if reader:
            self._given = [each for each in self._given if each.entries is not batch.entries]
            self._in_parts.append((reader, waiting))
        else:
            for _, names in self._in_parts:
                names.difference_update(_names(batch) - waiting)
        for each in [each for each in self._in_parts if not each[1]]:
            self._in_parts.remove(each)
            self._close(each[0])

    def _close(self, reader: str) -> None:
        self._open[reader] -= 1
        if not self._open[reader]:
            del self._open[reader]
            self._free.append(reader)


def _names(batch: Batch) -> set[tuple[str, bytes]]:
    return {(batch.topic, each.id) for each in batch.entries}
