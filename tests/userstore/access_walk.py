"""What a random walk over temporary access writes down: what should be open, whatever is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

TERMINAL = {"denied", "cancelled", "lapsed", "expired", "relinquished", "revoked", "unused"}
NEEDED, LONGEST, CEILING = 2, 60, 90
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Open:
    """A grant as the walk knows it: until when, what it shows, and whether somebody has stopped it."""

    until: datetime
    columns: frozenset[UUID]
    is_suspended: bool = False
    is_ended: bool = False


@dataclass
class Walk:
    """What should hold, written down as it happens."""

    open: dict[UUID, Open] = field(default_factory=dict)
    latest: datetime = LONG_AGO
    may_ask: bool = True
    is_let_in: bool = True
    last_states: dict[tuple[str, UUID], str] = field(default_factory=dict)
