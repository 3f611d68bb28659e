"""How values are written in rows: as the wire contract has it, all of them texts, or typed, as JSON has types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import orjson

from userstore.datatypes import Concrete
from userstore.reading.outputs import Output

RowForm: TypeAlias = Callable[[Output, Sequence[Sequence[str]]], list[Any]]
"""Writes one output column: the texts of each subject become a cell, or None where there is nothing to show."""

_TEXTS = frozenset({Concrete.STRING, Concrete.DATE, Concrete.TIMESTAMP, Concrete.UUID})

_WRITTEN_AS_JSON = frozenset({Concrete.COMPOSITE, Concrete.INTEGER, Concrete.BOOLEAN})
"""The text of such a value is what JSON writes for it."""


def wire_cells(output: Output, shown: Sequence[Sequence[str]]) -> list[Any]:
    """Write every value as a text; an array is the text of a JSON array of what its values are in JSON."""
    if not output.is_array:
        return [texts[0] if texts else None for texts in shown]
    if output.transformer.passes_through and output.column.data_type.concrete in _WRITTEN_AS_JSON:
        return [f"[{','.join(texts)}]" if texts else None for texts in shown]
    return [orjson.dumps(list(texts)).decode() if texts else None for texts in shown]


def typed_cells(output: Output, shown: Sequence[Sequence[str]]) -> list[Any]:
    """Write numbers, booleans, arrays and objects as such. What a transformer made is a text."""
    read = _reader(output)
    if not output.is_array:
        if read is None:
            return [texts[0] if texts else None for texts in shown]
        return [read(texts[0]) if texts else None for texts in shown]
    if read is None:
        return [list(texts) or None for texts in shown]
    return [[read(text) for text in texts] or None for texts in shown]


def blank_cell(output: Output, form: RowForm) -> str | None:
    """Write what is not to be seen, the same with and without a value: an empty text, null where there are types."""
    if form is wire_cells:
        return "[]" if output.is_array else ""
    return "" if output.column.data_type.concrete is Concrete.STRING and not output.is_array else None


def _reader(output: Output) -> Callable[[str], Any] | None:
    """How a text becomes a typed value; None where it is one."""
    data_type = output.column.data_type
    if not output.transformer.passes_through or data_type.concrete in _TEXTS:
        return None
    readers: dict[Concrete, Callable[[str], Any]] = {
        Concrete.INTEGER: int,
        Concrete.BOOLEAN: "true".__eq__,
        Concrete.COMPOSITE: orjson.loads,
    }
    return readers[data_type.concrete]
