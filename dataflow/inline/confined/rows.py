"""Rows of states as code sees them: attributes are columns, and what `update` is not called on stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Keep = Callable[[Any], None]
"""Takes down what becomes of a row; None is nothing."""


class Row:
    """A row with columns; `last-seen` is the attribute `last_seen`, or `row["last-seen"]`."""

    __slots__ = ("_keep", "_names", "_values")

    def __init__(self, values: dict[str, Any], keep: Keep | None) -> None:
        hidden = object.__setattr__
        hidden(self, "_values", values)
        hidden(self, "_names", {name.replace("-", "_"): name for name in values})
        hidden(self, "_keep", keep)

    def __getattr__(self, name: str) -> Any:
        return self._values[self._column(name)]

    def __setattr__(self, name: str, value: Any) -> None:
        self._values[self._column(name)] = value

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[self._column(name)] = value

    def update(self, **columns: Any) -> None:
        """Keep the row as it is now, with these columns."""
        for name, value in columns.items():
            setattr(self, name, value)
        self._kept(dict(self._values))

    def delete(self) -> None:
        """Have the row be gone."""
        self._kept(None)

    def _column(self, name: str) -> str:
        found: str | None = self._names.get(name.replace("-", "_"))
        if found is None:
            raise AttributeError(name)
        return found

    def _kept(self, values: Any) -> None:
        if self._keep is None:
            raise TypeError
        self._keep(values)


class Single:
    """A row that is one value."""

    __slots__ = ("_keep", "value")

    def __init__(self, value: Any, keep: Keep | None) -> None:
        self._keep, self.value = keep, value

    def update(self, *value: Any) -> None:
        """Keep the value as it is now, or another."""
        if value:
            (self.value,) = value
        if self.value is None:
            raise TypeError
        self._kept(self.value)

    def increment(self, by: Any = 1) -> None:
        """Keep the value raised."""
        self.update(self.value + by)

    def delete(self) -> None:
        """Have the row be gone."""
        self._kept(None)

    def _kept(self, value: Any) -> None:
        if self._keep is None:
            raise TypeError
        self._keep(value)


class States:
    """The states that one function names: as functions of their names, they answer with the row of the record."""

    def __init__(self, blanks: dict[str, Any]) -> None:
        self._blanks = blanks
        self._rows: dict[str, Any] = {}
        self._shown: dict[str, Any] = {}
        self.changed: dict[str, Any] = {}

    def names(self) -> dict[str, Callable[[], Any]]:
        """Return what the code calls."""
        return {name: self._named(name) for name in self._blanks}

    def turn_to(self, rows: dict[str, Any]) -> None:
        """Have the rows of the next record, None where there is none."""
        self._rows, self._shown, self.changed = rows, {}, {}

    def _named(self, name: str) -> Callable[[], Any]:
        def row() -> Any:
            if name not in self._shown:
                self._shown[name] = self._row(name)
            return self._shown[name]

        return row

    def _row(self, name: str) -> Any:
        found, blank = self._rows.get(name), self._blanks[name]
        if found is None and blank is None:
            return None

        def keep(value: Any) -> None:
            self.changed[name] = value

        told = blank if found is None else found
        allowed = None if blank is None else keep
        return Row({**(blank or {}), **told}, allowed) if isinstance(told, dict) else Single(told, allowed)
