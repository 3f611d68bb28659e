"""The right edge of a growing tree in tiles of 256 hashes (C2SP tlog-tiles, height 8): what is needed to go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from .tree import EMPTY_ROOT, HASH_LENGTH, Frontier, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT


@dataclass(frozen=True, slots=True)
class FullTile:
    """A tile that became complete: nodes of level `8 * level` of the tree, side by side."""

    level: int
    number: int
    hashes: bytes


class Edge:
    """The hashes of the tiles that are not full yet, by level; everything left of them is in full tiles."""

    def __init__(self, begun: Iterable[Sequence[bytes]] = ()) -> None:
        self._begun = [list(hashes) for hashes in begun]
        self._within = [Frontier() for _ in self._begun]
        self.size = sum(len(hashes) << HEIGHT * level for level, hashes in enumerate(self._begun))

    @property
    def begun(self) -> tuple[tuple[bytes, ...], ...]:
        """The hashes that are not in full tiles yet: what an equal edge is made from."""
        return tuple(map(tuple, self._begun))

    def root(self) -> bytes:
        """Return the hash of the whole tree."""
        whole = b""
        for level in range(len(self._begun)):
            for left in reversed(self._settled(level)):
                whole = node_hash(left, whole) if whole else left
        return whole or EMPTY_ROOT

    def copy(self) -> Edge:
        """Return one that goes its own way: what does not commit must leave nothing."""
        other = Edge()
        other._begun = [list(hashes) for hashes in self._begun]
        other._within = [each.copy() for each in self._within]
        other.size = self.size
        return other

    def extend(self, leaves: Iterable[bytes]) -> Iterator[FullTile]:
        """Take leaf hashes in and yield each tile that this completes."""
        waiting = iter(leaves)
        while some := [*islice(waiting, self.room)]:
            yield from self.fill(some)

    def append(self, leaf: bytes) -> Sequence[FullTile]:
        """Take one more leaf hash in and return the tiles that this completes, the lowest first."""
        return self.fill([leaf])

    @property
    def room(self) -> int:
        """How many leaves the lowest tile still takes."""
        return WIDTH - self.size % WIDTH

    def fill(self, leaves: Sequence[bytes]) -> Sequence[FullTile]:
        """Take as many leaf hashes in as there is room for, or fewer; return the tiles that this completes."""
        if not self._begun:
            self._open()
        self._begun[0] += leaves
        self.size += len(leaves)
        return self._complete() if len(self._begun[0]) == WIDTH else ()

    def _complete(self) -> list[FullTile]:
        full, level = [], 0
        while len(self._begun[level]) == WIDTH:
            number = (self.size >> HEIGHT * (level + 1)) - 1
            full.append(FullTile(level, number, b"".join(self._begun[level])))
            root = self._root_of_full(level)
            self._begun[level], self._within[level] = [], Frontier()
            level += 1
            if level == len(self._begun):
                self._open()
            self._begun[level].append(root)
        return full

    def _root_of_full(self, level: int) -> bytes:
        if self._within[level].size:
            return self._settled(level)[0]
        hashes = self._begun[level]
        while len(hashes) > 1:
            pairs = zip(hashes[::2], hashes[1::2], strict=True)
            hashes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        return hashes[0]

    def _settled(self, level: int) -> list[bytes]:
        """Return the roots of the complete subtrees in a tile that has begun; only what came since is computed."""
        within = self._within[level]
        within.extend(self._begun[level][within.size :])
        return within.roots

    def _open(self) -> None:
        self._begun.append([])
        self._within.append(Frontier())


def split(hashes: bytes) -> list[bytes]:
    """Return the hashes of a tile one by one."""
    return [hashes[at : at + HASH_LENGTH] for at in range(0, len(hashes), HASH_LENGTH)]
