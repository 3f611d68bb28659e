"""Made-up accesses for the cases that come with rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from audit.analysis.accesses import Access

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ENVIRONMENT = UUID(int=1)
_numbers = count()


def person(number: int) -> str:
    """Return the handle of a person who does not exist."""
    return f"{number:032x}"


def access(
    minutes: float = 0, *, actor: str = "ann", subjects: tuple[str, ...] = (), operation: str = "read", **told: Any
) -> Access:
    """Return an access some minutes after a Monday morning."""
    number = next(_numbers)
    told.setdefault("subject_count", len(subjects))
    told.setdefault("environment_id", ENVIRONMENT)
    return Access(
        index=number,
        entry_id=UUID(int=number << 64 | 1),
        at=MONDAY + timedelta(minutes=minutes),
        kind=told.pop("kind", f"case.{operation}"),
        outcome=told.pop("outcome", "done"),
        actor_kind=told.pop("actor_kind", "operator"),
        actor=actor,
        operation=operation,
        subjects=subjects,
        **told,
    )


def looks(
    numbers: range, *, actor: str = "ann", minutes: float = 0, apart: float = 1.0, **told: Any
) -> tuple[Access, ...]:
    """Return one access to each of some people, one after the other."""
    return tuple(
        access(minutes + place * apart, actor=actor, subjects=(person(number),), **told)
        for place, number in enumerate(numbers)
    )


DAY = 24 * 60
