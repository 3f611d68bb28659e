"""The consent gate: a value leaves only where all purposes of the accessor are permitted for it and unexpired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from userstore.reading.rows import SealedCell, SealedSubject
from userstore.reading.statements import int8s_of

Terms = tuple[Any, ...]
"""The purposes of a cell and their ends, each an array in PostgreSQL's binary format."""
TERMS = SealedCell._fields.index("purposes")
"""Where the terms of a cell begin; they are the rest of it."""


def are_permitted(held: Sequence[int], expires: Sequence[int], purposes: Sequence[int], moment: float) -> bool:
    """Say whether a value that may be used for some purposes is permitted for all of others at a moment.

    `expires` runs beside `held`; it and `moment` are Unix seconds, 0 is no end.
    """
    for purpose in purposes:
        if purpose not in held:
            return False
        until = expires[held.index(purpose)]
        if until and until <= moment:
            return False
    return True


def is_over(expires: Sequence[int], moment: float) -> bool:
    """Say whether a value's time is over for every purpose it had: it is as good as gone, purged or not."""
    return bool(expires) and all(end and end <= moment for end in expires)


class Gate(dict[Terms, bool]):
    """The answers of one call by the terms that cells carry (purposes and their ends), each worked out once."""

    def __init__(self, purposes: Sequence[int], moment: float) -> None:
        super().__init__()
        self._purposes = purposes
        self._moment = moment

    def __missing__(self, terms: Terms) -> bool:
        held, expires = map(int8s_of, terms)
        answer = self[terms] = are_permitted(held, expires, self._purposes, self._moment)
        return answer


def keep_consented(subjects: list[SealedSubject], purposes: Sequence[int], *, now: datetime) -> list[SealedSubject]:
    """Keep the permitted cells of every subject; `withheld` remembers which columns had others that are not over."""
    moment = now.timestamp()
    permits = Gate(purposes, moment)
    for subject in subjects:
        for cell in subject.cells:
            if not permits[cell[TERMS:]]:
                _keep_permitted(subject, permits, moment)
                break
    return subjects


def _keep_permitted(subject: SealedSubject, permits: Gate, moment: float) -> None:
    subject.withheld = {
        cell.column_pk
        for cell in subject.cells
        if not permits[cell[TERMS:]] and not is_over(int8s_of(cell.expires), moment)
    }
    subject.cells = [cell for cell in subject.cells if permits[cell[TERMS:]]]
