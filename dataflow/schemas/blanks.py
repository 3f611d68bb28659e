"""What rows of states begin as, and rows with the columns that their type has."""

from __future__ import annotations

from typing import Any

from dataflow.schemas.shapes import Record, Shape

_BLANK = {"string": "", "bool": False, "f32": 0.0, "f64": 0.0}


def blank_of(shape: Shape) -> Any:
    """Return what a row, or a column of one, begins as."""
    if isinstance(shape, Record):
        return {each.name: None if each.optional else blank_of(each.shape) for each in shape.fields}
    return _BLANK.get(str(shape), 0)


def fitted(shape: Shape, row: Any) -> Any:
    """Return a row with the columns that it has now: a version before may have had others."""
    if not isinstance(shape, Record):
        return row
    there = row if isinstance(row, dict) else {}
    return {name: there.get(name, blank) for name, blank in blank_of(shape).items()}
