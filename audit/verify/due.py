"""Tiles that are complete and have to come next: compared with what comes."""

from __future__ import annotations

from collections.abc import Iterable

from .exports import LineRefused, unhex
from .reports import Finding
from .tiles import HEIGHT, WIDTH, FullTile, split


class DueTiles:
    """Keeps what the leaves completed until its line was there."""

    def __init__(self) -> None:
        self._due: list[FullTile] = []

    def __bool__(self) -> bool:
        return bool(self._due)

    def add(self, tiles: Iterable[FullTile]) -> None:
        """Take tiles that are complete now, in the order in which they have to come."""
        self._due.extend(tiles)

    def compare(self, level: bytes, number: bytes, hashes: bytes) -> Finding | None:
        """Compare the next tile with what stands there; say what is wrong with it."""
        due = self._due.pop(0)
        if (level, number) != (b"%d" % due.level, b"%d" % due.number):
            return _finding(due, 0, WIDTH, "another tile stands in its place")
        if hashes == due.hashes.hex().encode():
            return None
        try:
            there = split(unhex(hashes))
        except LineRefused:
            there = []
        wrong = [at for at, each in enumerate(split(due.hashes)) if there[at : at + 1] != [each]]
        return _finding(due, wrong[0] if wrong else 0, (wrong[0] if wrong else WIDTH - 1) + 1, "a hash is another one")

    def missing(self) -> list[Finding]:
        """Return one finding for each tile that did not come, and wait for it no longer."""
        gone, self._due = self._due, []
        return [_finding(tile, 0, WIDTH, "the tile is missing") for tile in gone]


def _finding(tile: FullTile, first: int, until: int, text: str) -> Finding:
    shift, start = HEIGHT * tile.level, tile.number << HEIGHT
    low, high = start + first << shift, start + until << shift
    return Finding(low, max(high, low + 1), f"tile {tile.level}/{tile.number}", text)
