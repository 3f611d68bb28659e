"""Sums of the hourly counts, and what is usual for somebody at this hour of the week."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db import connection

from audit.analysis.facts import HourAbove
from audit.queries import READS
from audit.rollups.counting import Sums
from keyring.walls import in_environment

By = Literal["hour", "day", "actor", "actor_kind", "kind", "outcome", "accessor", "purpose"]

REACH = 168
"""How many hours in which somebody did something are looked back to for what is usual."""
LOOKED_BACK = timedelta(days=60)
LEAST = 24
"""So many such hours have to be known, before anything is unusual for somebody."""
FAR = 4.0
"""Deviations from the mean."""

_COLUMNS = {
    "hour": "hour",
    "day": "date_trunc('day', hour, 'UTC')",
    "actor": "actor",
    "actor_kind": "actor_kind",
    "kind": "kind",
    "outcome": "outcome",
    "accessor": "accessor",
    "purpose": "named.purpose",
}


_RAISED = """
with mine as (
    select actor, hour, sum(entries)::float8 as entries from audit_hourlycount
    where environment_id = %(environment)s and hour >= %(known_since)s and hour < %(until)s and kind = any(%(kinds)s)
    group by actor, hour
), compared as (
    select actor, hour, entries, count(*) over before as known, avg(entries) over before as usual,
        greatest(1, stddev_pop(entries) over before) as deviation
    from mine window before as (partition by actor order by hour rows between %(reach)s preceding and 1 preceding)
)
select actor, hour, entries::bigint, usual, (entries - usual) / deviation from compared
where hour >= %(since)s and known >= %(least)s and entries > usual + %(far)s * deviation
order by 5 desc, actor, hour
"""


def totals(
    *by: By,
    environment_id: UUID,
    since: datetime,
    until: datetime,
    kinds: Collection[str] | None = None,
) -> dict[tuple[Any, ...], Sums]:
    """Return one environment's sums by the members of `by`, from the hour of `since` up to that of `until` (excluded).

    What was read for several purposes counts under each of them where `by` names the purpose, else once. What is not
    sealed yet, or not counted yet, is not in it.
    """
    columns = [_COLUMNS[each] for each in by]
    places = ", ".join(str(place + 1) for place in range(len(by)))
    statement = " ".join(
        [
            "select",
            ", ".join([*columns, *(f"coalesce(sum({each}), 0)" for each in Sums._fields)]),
            "from audit_hourlycount",
            "cross join lateral unnest(purposes) as named (purpose)" if "purpose" in by else "",
            "where environment_id = %s and hour >= %s and hour < %s and (%s::text[] is null or kind = any(%s))",
            f"group by {places} order by {places}" if by else "",
        ]
    )
    wanted = None if kinds is None else sorted(kinds)
    rows = _rows(environment_id, statement, [environment_id, since, until, wanted, wanted])
    return {tuple(row[: len(by)]): Sums(*map(int, row[len(by) :])) for row in rows}


def hours_above(*, environment_id: UUID, day: date) -> list[HourAbove]:
    """Return the hours of a day (UTC) in which somebody did far more than in their hours before them."""
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return raised(environment_id=environment_id, since=begins, until=begins + timedelta(days=1))


def raised(
    *, environment_id: UUID, since: datetime, until: datetime, kinds: Collection[str] = READS
) -> list[HourAbove]:
    """Return the hours in which somebody did far more than in their hours before them, the farthest first.

    The trailing z-score of panther-analysis (`queries/macros/anomalies.yml`): mean and deviation of the last 168 hours
    in which somebody did something; a deviation counts as 1 at least.
    """
    asked = {
        "environment": environment_id,
        "known_since": since - LOOKED_BACK,
        "since": since,
        "until": until,
        "kinds": sorted(kinds),
        "reach": REACH,
        "least": LEAST,
        "far": FAR,
    }
    return [HourAbove(*row) for row in _rows(environment_id, _RAISED, asked)]


def _rows(environment_id: UUID, statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    with in_environment(environment_id), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
