"""The consent gate: a value leaves only where all purposes of the accessor are permitted for it and unexpired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from userstore.reading.rows import SealedCell, SealedSubject

Terms = tuple[Sequence[int], Sequence[int]]


def is_permitted(cell: SealedCell, purposes: Sequence[int], moment: float) -> bool:
    """Whether all purposes are permitted for one cell at a moment (Unix seconds)."""
    return _are_permitted(cell.purposes, cell.expires, purposes, moment)


def _are_permitted(held: Sequence[int], expires: Sequence[int], purposes: Sequence[int], moment: float) -> bool:
    for purpose in purposes:
        if purpose not in held:
            return False
        until = expires[held.index(purpose)]
        if until and until <= moment:
            return False
    return True


class _Gate(dict[Terms, bool]):
    """The answers of one call by the terms that cells carry (purposes and their ends), each worked out once."""

    def __init__(self, purposes: Sequence[int], moment: float) -> None:
        super().__init__()
        self._purposes = purposes
        self._moment = moment

    def __missing__(self, terms: Terms) -> bool:
        answer = self[terms] = _are_permitted(*terms, self._purposes, self._moment)
        return answer


def keep_consented(subjects: list[SealedSubject], purposes: Sequence[int], *, now: datetime) -> list[SealedSubject]:
    """Keep the permitted cells of every subject; `withheld` remembers which columns had others."""
    permits = _Gate(purposes, now.timestamp())
    for subject in subjects:
        permitted = [cell for cell in subject.cells if permits[cell[3:]]]
        if len(permitted) != len(subject.cells):
            subject.withheld = {cell.column_pk for cell in subject.cells if not permits[cell[3:]]}
            subject.cells = permitted
    return subjects
