"""Cutting the calls of a batch into runs that can be written together, since they touch different subjects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from userstore.writing.changes import ColumnChange
from userstore.writing.plan import WritePlan


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One call of a batch: whom it selects, and changes by column name."""

    selector_values: Sequence[Any]
    row_data: Mapping[str, Any]


@dataclass(slots=True)
class Piece:
    """One call on its way through a batch; `ids` are whom it selects, or only the selector of its `plan` can tell."""

    place: int
    item: BatchItem
    plan: WritePlan | None
    ids: Sequence[UUID] | None
    changes: list[ColumnChange]


def ids_of(pieces: Sequence[Piece]) -> list[UUID]:
    """The subjects that calls name by id."""
    return [i for piece in pieces for i in piece.ids or ()]


def sheets_of(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Cut calls into runs that touch different subjects; one whose selector reads values stands alone."""
    sheet: list[Piece] = []
    taken: set[UUID] = set()
    for piece in pieces:
        if sheet and (piece.ids is None or not taken.isdisjoint(piece.ids)):
            yield sheet
            sheet, taken = [], set()
        sheet.append(piece)
        taken.update(piece.ids or ())
        if piece.ids is None:
            yield sheet
            sheet = []
    if sheet:
        yield sheet
