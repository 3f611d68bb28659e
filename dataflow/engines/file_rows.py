"""Rows of states in files: each change is a line, and what the checkpoint does not cover never was."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from dataflow.engines.protocol import Change, Row, Table

if TYPE_CHECKING:
    from dataflow.engines.jsonl import JsonLines


class FileRows:
    """The rows of one state as they are in memory, read from its file once."""

    def __init__(self, engine: JsonLines, flow: str, table: Table) -> None:
        self._engine, self._table = engine, table
        # No topic is called so: names of topics begin with a letter or a digit.
        self.topic = f"_{flow.replace('/', '.')}.{table.service}.{table.name}"
        self._known: dict[str, tuple[int, Any]] = {}
        for line in engine.written(self.topic).splitlines():
            self._take(line)

    def fetch(self, keys: Sequence[str]) -> list[Row]:
        """Return the rows of some keys."""
        now = _now()
        return [Row(self._live(key, now)) for key in keys]

    def all(self) -> Iterator[tuple[str, Any]]:
        """Yield all rows with their keys."""
        now = _now()
        return iter([(key, row) for key in self._known if (row := self._live(key, now)) is not None])

    def lines(self, changes: Sequence[Change]) -> bytes:
        """Return the lines that tell of changes."""
        now = _now()
        return b"".join(self._line(each, now) for each in changes)

    def take(self, lines: bytes) -> None:
        """Take over what was committed."""
        for line in lines.splitlines():
            self._take(line)

    def _line(self, change: Change, now: int) -> bytes:
        told = orjson.dumps([change.key, now, change.value])
        if self._table.concealed:
            told = orjson.dumps(self._engine.conceal.seal(told, place=self.topic.encode()).hex())
        return told + b"\n"

    def _take(self, line: bytes) -> None:
        told = orjson.loads(line)
        if self._table.concealed:
            told = orjson.loads(self._engine.conceal.unseal(bytes.fromhex(told), place=self.topic.encode()))
        key, touched, value = told
        if value is None:
            self._known.pop(key, None)
        else:
            self._known[key] = touched, value

    def _live(self, key: str, now: int) -> Any:
        touched, value = self._known.get(key, (now, None))
        return None if self._table.ttl and touched + self._table.ttl <= now else value


def by_table(changes: Sequence[Change]) -> Mapping[Table, list[Change]]:
    """Return those changes that change anything, by state."""
    found: dict[Table, list[Change]] = {}
    for each in changes:
        if each.is_changed:
            found.setdefault(each.table, []).append(each)
    return found


def _now() -> int:
    return time.time_ns() // 1_000_000
