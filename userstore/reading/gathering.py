"""From the rows of the read statements to sealed subjects, once the epoch that came with them is the clearance's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from governance.authorization import Clearance
from userstore.reading.rows import SealedCell, SealedSubject
from userstore.reading.statements import uuid_of

_Row = tuple[Any, ...]
_SUBJECT = 1  # the place of the subject's key in every row; NULL in the one row of nobody
_new_cell = tuple.__new__  # half the time of the class's own constructor, which only reaches this


def gathered(rows: Sequence[_Row], clearance: Clearance) -> list[SealedSubject]:
    """Gather rows of subjects joined with their cells; raise `EpochMoved` where the environment changed."""
    clearance.expect_epoch(rows[0][0] if rows else -1)
    subjects: list[SealedSubject] = []
    current: int | None = None
    cells: list[SealedCell] = []
    for row in rows:
        if row[_SUBJECT] != current:
            current, cells = row[_SUBJECT], []
            subjects.append(_subject(row, cells))
        if row[11] is not None:  # a subject without cells has one row
            cells.append(_new_cell(SealedCell, row[10:]))
    return subjects


def subjects_of(rows: Sequence[_Row], clearance: Clearance) -> list[SealedSubject]:
    """Return the subjects of a page, still without cells; raise `EpochMoved` where the environment changed."""
    clearance.expect_epoch(rows[0][0] if rows else -1)
    return [_subject(row, []) for row in rows if row[_SUBJECT] is not None]


def give_cells(subjects: Sequence[SealedSubject], rows: Sequence[_Row], clearance: Clearance) -> None:
    """Give subjects their cells; raise `EpochMoved` where the environment changed."""
    clearance.expect_epoch(rows[0][0] if rows else -1)
    cells_of = {subject.pk: subject.cells for subject in subjects}
    for row in rows:
        if row[_SUBJECT] is not None:
            cells_of[row[_SUBJECT]].append(_new_cell(SealedCell, row[2:]))


def _subject(row: _Row, cells: list[SealedCell]) -> SealedSubject:
    pk, public_id, key_id, wrapped, handle = row[1:6]
    return SealedSubject(pk, uuid_of(public_id), uuid_of(key_id), wrapped, handle, row[6:10], cells)
