"""Rows of states as functions are given them, and as they give them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from dataflow.inline.folding import Blanks, Seen
from dataflow.packages.folders import snake
from dataflow.planning.plan import Reading, State, Step
from dataflow.running.journey import Item
from dataflow.running.ledger import Ledger
from dataflow.schemas.blanks import blank_of, fitted
from dataflow.schemas.converting import reader
from dataflow.schemas.unfit import ValueUnfit

LARGEST_ROW = 64 * 1024
"""Bytes of a row as JSON."""
LONGEST_KEY = 1024
"""Characters."""


def blanks_of(step: Step) -> Blanks:
    """Return what rows of the states begin as that a step's code names; None for those that it only reads."""
    return {snake(each.name): blank_of(each.row) for each in step.changes} | {each.called: None for each in step.reads}


def seen_rows(step: Step, items: Sequence[Item], ledger: Ledger) -> Sequence[Seen]:
    """Return for each item the rows that a step's code reads."""
    found: list[dict[str, Any]] = [{} for _ in items]
    for reading in step.reads:
        keys = [_asked(reading, item) for item in items]
        rows = ledger.seen(reading.state.table, [key for key in keys if key is not None])
        for one, key in zip(found, keys, strict=True):
            row = None if key is None else rows[key]
            one[reading.called] = None if row is None else fitted(reading.state.row, row)
    return found


def checker(state: State) -> Callable[[Any], Any]:
    """Return what holds a row that code made against the state's type. It raises `ValueUnfit`."""
    check, path = reader(state.row, outside=False), f".{state.name}"

    def checked(row: Any) -> Any:
        if row is None:
            return None
        told = check(row, path)
        if len(orjson.dumps(told)) > LARGEST_ROW:
            raise ValueUnfit(f"${path} is larger than {LARGEST_ROW // 1024} KiB")
        return told

    return checked


def key_of(answer: Any) -> str:
    """Return a key that code assigns. Raises `ValueUnfit`."""
    found = _text(answer)
    if found is None:
        raise ValueUnfit("a key is a text or a whole number")
    if len(found) > LONGEST_KEY:
        raise ValueUnfit(f"a key has at most {LONGEST_KEY} characters")
    return found


def _asked(reading: Reading, item: Item) -> str | None:
    if reading.lookup is None:
        return _text(item.key)
    value = item.value
    for name in reading.lookup:
        value = value.get(name) if isinstance(value, dict) else None
    return _text(value)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if type(value) is int else None
