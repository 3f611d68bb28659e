"""What an auditor demands of a book beyond what its signatures say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LATE = timedelta(hours=1)
"""So long an entry may take from its time to its place in the tree, once its neighbours have theirs."""

SHORTEST_RETENTION = 1
"""Whole months between a month and the one in which its bodies may go: the database drops none earlier."""


@dataclass(frozen=True, slots=True)
class Demands:
    """How late entries may be, for how long bodies have to stay, and how recently witnesses must have seen the book.

    `keep_months`: whole months between a month and the one in which it may go, at least 1. `witnessed_after`: when
    they saw it last must not lie before; None where any time will do.
    """

    late: timedelta = LATE
    keep_months: int = SHORTEST_RETENTION
    witnessed_after: datetime | None = None
