"""The rows that one batch works with: fetched once, changed in the order of records, committed with the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from dataflow.engines.protocol import Change, Output, Row, Table

Fetch: TypeAlias = Callable[[Table, Sequence[str]], list[Row]]
"""Returns the rows of some keys as they are committed."""
Refuse: TypeAlias = Callable[[Output], str]
"""Says why the engine cannot write an output; empty where it can."""


class Ledger:
    """Rows as they were when the batch began, and as its records leave them."""

    def __init__(self, fetch: Fetch, refuses: Refuse) -> None:
        self._fetch, self.refuses = fetch, refuses
        self._were: dict[tuple[Table, str], Row] = {}
        self._are: dict[tuple[Table, str], Any] = {}

    def now(self, table: Table, keys: Iterable[str]) -> dict[str, Any]:
        """Return what is in rows that this batch may change, None where there is no row."""
        wanted = dict.fromkeys(keys)
        missing = [each for each in wanted if (table, each) not in self._were]
        for key, row in zip(missing, self._fetch(table, missing) if missing else (), strict=True):
            self._were[table, key] = row
        return {key: self._are.get((table, key), self._were[table, key].value) for key in wanted}

    def seen(self, table: Table, keys: Iterable[str]) -> dict[str, Any]:
        """Return what is in rows of another service, None where there is no row."""
        wanted = list(dict.fromkeys(keys))
        return {key: row.value for key, row in zip(wanted, self._fetch(table, wanted) if wanted else (), strict=True)}

    def put(self, table: Table, rows: Mapping[str, Any]) -> None:
        """Take down what becomes of rows that were looked up before; None deletes one."""
        for key, value in rows.items():
            self._are[table, key] = value

    @property
    def changes(self) -> list[Change]:
        """All rows that the batch may have changed: what it did rests on what they were."""
        return [
            Change(table, key, row, (table, key) in self._are, self._are.get((table, key)))
            for (table, key), row in self._were.items()
        ]


def without_engine() -> Ledger:
    """Return a ledger where there are no rows yet and everything can be written."""
    return Ledger(lambda _, keys: [Row(None) for _ in keys], lambda _: "")
