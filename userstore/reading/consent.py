"""The consent gate: a value leaves only where all purposes of the accessor are permitted for it and unexpired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def _gate(purposes: Sequence[int], moment: float) -> Callable[[SealedCell], bool]:
    """Return `is_permitted` for one call; cells that carry equal terms get the answer that was worked out once."""
    decided: dict[tuple[Sequence[int], Sequence[int]], bool] = {}

    def permits(cell: SealedCell) -> bool:
        terms = cell[3:]
        answer = decided.get(terms)
        if answer is None:
            answer = decided[terms] = is_permitted(cell, purposes, moment)
        return answer

    return permits


def keep_consented(subjects: list[SealedSubject], purposes: Sequence[int], *, now: datetime) -> list[SealedSubject]:
    """Keep the permitted cells of every subject; `withheld` remembers which columns had others."""
    permits = _gate(purposes, now.timestamp())
    for subject in subjects:
        permitted = [cell for cell in subject.cells if permits(cell)]
        if len(permitted) != len(subject.cells):
            subject.withheld = {cell.column_pk for cell in subject.cells if not permits(cell)}
            subject.cells = permitted
    return subjects
