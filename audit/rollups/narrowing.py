"""Where in time an accessor or a purpose occurs: told by the hourly counts, so that only those hours are searched.

Only bodies say what was read through and what for, and a million of them take seconds. The counts say in which hours
there is something to find and, where few did it, by whom: entries of somebody in an hour lie side by side in an index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from audit.models import Leaf, RollUpCursor
from keyring.walls import WallBreach, in_environment

LATEST = timedelta(minutes=10)
"""What was written so long before the first entry that is not counted is counted: no transaction stays open longer."""
FEW = 20
"""Actors of an hour that are looked up one by one; of more, the hour is gone through."""
_HOUR = timedelta(hours=1)
_AT_ONCE = 50
_EVER = datetime(1, 1, 1, tzinfo=UTC)

_HOURS = """
select hour, array_agg(distinct actor) from audit_hourlycount
where environment_id = %(environment)s and hour < %(below)s and hour >= %(since)s
    and (%(accessors)s::text[] is null or accessor = any(%(accessors)s))
    and (%(purpose)s::text is null or %(purpose)s = any(purposes))
    and (%(actor)s::text is null or actor = %(actor)s) and (%(outcome)s::text is null or outcome = %(outcome)s)
group by hour order by hour desc limit %(most)s
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """A time in which there may be something, up to `until` (excluded), and by whom alone; None: by anybody."""

    since: datetime
    until: datetime | None
    actors: tuple[UUID, ...] | None


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for; `accessors` are ids, None for all."""

    accessors: Collection[str] | None
    purpose: str | None
    actor_id: UUID | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def slots(environment_id: UUID, sought: Sought) -> Iterator[Slot] | None:
    """Return the times to search, the newest first and none twice; None where nothing is counted here yet."""
    try:
        with in_environment(environment_id):
            cursor = RollUpCursor.objects.filter(environment_id=environment_id).first()
    except WallBreach:
        return None
    if cursor is None or cursor.turned_at is None:
        return None
    following = Leaf.objects.using("auditor").filter(index=cursor.index).values_list("recorded_at", flat=True).first()
    return _slots(environment_id, sought, min(cursor.turned_at, following or cursor.turned_at) - LATEST)


def _slots(environment_id: UUID, sought: Sought, counted: datetime) -> Iterator[Slot]:
    yield Slot(counted, None, None)
    below = min(counted, sought.until or counted)
    while hours := _hours(environment_id, sought, below):
        for hour, actors in hours:
            # A count has whole hours: what lies in its last one behind the count was yielded above.
            yield Slot(hour, min(hour + _HOUR, counted), _told(actors))
        below = hours[-1][0]


def _hours(environment_id: UUID, sought: Sought, below: datetime) -> list[tuple[datetime, list[str]]]:
    asked: dict[str, Any] = {
        "environment": environment_id,
        "below": below,
        "since": (sought.since or _EVER + _HOUR) - _HOUR,
        "accessors": None if sought.accessors is None else sorted(sought.accessors),
        "purpose": sought.purpose,
        "actor": None if sought.actor_id is None else str(sought.actor_id),
        "outcome": sought.outcome,
        "most": _AT_ONCE,
    }
    with in_environment(environment_id), connection.cursor() as cursor:
        cursor.execute(_HOURS, asked)
        return list(cursor.fetchall())


def _told(actors: list[str]) -> tuple[UUID, ...] | None:
    return tuple(map(UUID, actors)) if len(actors) <= FEW and all(actors) else None
