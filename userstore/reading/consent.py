"""The consent gate: a value leaves only where all purposes of the accessor are permitted for it and unexpired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from userstore.reading.rows import SealedCell, SealedSubject


def is_permitted(cell: SealedCell, purposes: Sequence[int], moment: float) -> bool:
    """Whether all purposes are permitted for one cell at a moment (Unix seconds)."""
    held = cell.purposes
    for purpose in purposes:
        if purpose not in held:
            return False
        until = cell.expires[held.index(purpose)]
        if until and until <= moment:
            return False
    return True


def keep_consented(subjects: list[SealedSubject], purposes: Sequence[int], *, now: datetime) -> list[SealedSubject]:
    """Keep the permitted cells of every subject; `withheld` remembers which columns had others."""
    moment = now.timestamp()
    for subject in subjects:
        permitted = [cell for cell in subject.cells if is_permitted(cell, purposes, moment)]
        if len(permitted) != len(subject.cells):
            subject.withheld = {c.column_pk for c in subject.cells if not is_permitted(c, purposes, moment)}
            subject.cells = permitted
    return subjects
