"""The deadlines of what is stored, worked out by PostgreSQL under a schedule: to count first, then to change.

The rule is the one of `Schedule.ends` and `Schedule.kept_after`, which writes use; a test holds the two together. What
is over stays over: a longer duration brings nothing back that nobody could read any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.retention.schedule import Schedule

_RULES = """
    rule as (
        select * from unnest(%(states)s::smallint[], %(columns)s::bigint[], %(purposes)s::bigint[], %(months)s::int[],
            %(seconds)s::bigint[]) r (state, column_id, purpose, months, seconds)
    )
"""
_FRESH = """
    fresh as (
        select v.id, v.subject_id, v.purposes, v.consent_ends, v.since, v.expires as former, n.expires, n.due, n.sooner,
            n.later
        from userstore_value v cross join lateral (
            select array_agg(e.until order by e.place) as expires,
                bool_or(e.until <> e.former and e.until <> 0 and e.until <= %(now)s) as due,
                bool_or(e.until <> 0 and (e.former = 0 or e.until < e.former) and e.until > %(now)s) as sooner,
                bool_or(e.former <> 0 and (e.until = 0 or e.until > e.former)) as later
            from (
                select u.place, u.former, case
                    when u.former <> 0 and u.former <= %(now)s then u.former
                    when v.state = 0 and r.purpose is null then u.consent_end
                    else coalesce(nullif(least(
                        nullif(u.consent_end, 0),
                        userstore_deadline(u.since, coalesce(r.months, 0), coalesce(r.seconds, 0))), 0), -1)
                    end as until
                from unnest(v.purposes, v.expires, v.consent_ends, v.since) with ordinality
                    u (purpose, former, consent_end, since, place)
                left join rule r on r.state = v.state and r.column_id = v.column_id and r.purpose = u.purpose
            ) e
        ) n
        where v.environment_id = %(environment)s and v.purposes <> '{{}}' and n.expires <> v.expires {within}
    )
"""
_COUNT = f"""
    with {_RULES}, {_FRESH.format(within="")}
    select count(*) filter (where due), count(distinct subject_id) filter (where due),
        count(*) filter (where sooner), count(distinct subject_id) filter (where sooner),
        count(*) filter (where later), count(distinct subject_id) filter (where later)
    from fresh
"""  # noqa: S608  parts of our own, values are bound
# What a write has changed since is right already: it knows the settings that are stored.
_CHANGE = f"""
    with {_RULES}, {_FRESH.format(within="and v.subject_id > %(after)s and v.subject_id <= %(last)s")},
    changed as (
        update userstore_value v set expires = f.expires,
            retain_until = (select to_timestamp(min(nullif(e, 0))) from unnest(f.expires) e)
        from fresh f
        where v.environment_id = %(environment)s and v.id = f.id and v.purposes = f.purposes and v.since = f.since
            and v.consent_ends = f.consent_ends and v.expires = f.former
        returning f.due
    )
    select count(*), count(*) filter (where due) from changed
"""  # noqa: S608  parts of our own, values are bound


@dataclass(frozen=True, slots=True)
class Affected:
    """How many values of how many subjects."""

    values: int
    subjects: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a schedule would do to what is stored: over at once, over sooner or later than now. A value may be several,
    for several purposes."""

    due_now: Affected
    sooner: Affected
    later: Affected


def effect_of(schedule: Schedule, environment_id: UUID, pairs: Iterable[tuple[int, int]], *, now: datetime) -> Effect:
    """Count what a schedule would change; must run inside the environment.

    Args:
        pairs: every column with every purpose, by key.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _parameters(schedule, environment_id, pairs, now))
        counts = cursor.fetchone()
    due, sooner, later = (Affected(*counts[start : start + 2]) for start in (0, 2, 4))
    return Effect(due, sooner, later)


def recalculate(
    schedule: Schedule,
    environment_id: UUID,
    pairs: Iterable[tuple[int, int]],
    *,
    after: int,
    last: int,
    now: datetime,
) -> tuple[int, int]:
    """Change the deadlines of a range of subjects, by key; return how many changed, and how many are over now."""
    with connection.cursor() as cursor:
        parameters = _parameters(schedule, environment_id, pairs, now) | {"after": after, "last": last}
        cursor.execute(_CHANGE, parameters)
        changed, due = cursor.fetchone()
    return changed, due


def _parameters(
    schedule: Schedule, environment_id: UUID, pairs: Iterable[tuple[int, int]], now: datetime
) -> dict[str, Any]:
    rules = [
        (state, column, purpose, duration.months, duration.seconds)
        for column, purpose in pairs
        for state in (LIVE, SOFT_DELETED)
        if not (duration := schedule.duration_of(state, column, purpose)).is_indefinite
    ]
    states, columns, purposes, months, seconds = (
        (list(each) for each in zip(*rules, strict=True)) if rules else [[]] * 5
    )
    return {
        "states": states,
        "columns": columns,
        "purposes": purposes,
        "months": months,
        "seconds": seconds,
        "environment": environment_id,
        "now": int(now.timestamp()),
    }
