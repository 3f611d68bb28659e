"""From the rows of the read statements to sealed subjects, once the epoch that came with them is the clearance's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from governance.authorization import Clearance
from userstore.reading.rows import SealedCell, SealedSubject, make_cell

_Row = tuple[Any, ...]
_SUBJECT = 1  # the place of the subject's key in every row; NULL in the one row of nobody
_OWNER = itemgetter(_SUBJECT)


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
            cells.append(make_cell(row[:2] + row[10:]))
    return subjects


def subjects_of(rows: Sequence[_Row], clearance: Clearance) -> list[SealedSubject]:
    """Return the subjects of a page, still without cells; raise `EpochMoved` where the environment changed."""
    clearance.expect_epoch(rows[0][0] if rows else -1)
    return [_subject(row, []) for row in rows if row[_SUBJECT] is not None]


def give_cells(subjects: Sequence[SealedSubject], found: Sequence[SealedCell], clearance: Clearance) -> None:
    """Give subjects their cells, which come subject by subject; raise `EpochMoved` where the environment changed."""
    clearance.expect_epoch(found[0].epoch if found else -1)
    subject_of = {subject.pk: subject for subject in subjects}
    for pk, cells in groupby(found, _OWNER):
        if pk is not None:
            subject_of[pk].cells = [*cells]


def _subject(row: _Row, cells: list[SealedCell]) -> SealedSubject:
    pk, public_id, key_id, wrapped, handle = row[1:6]
    return SealedSubject(pk, public_id, key_id, wrapped, handle, row[6:10], cells)
