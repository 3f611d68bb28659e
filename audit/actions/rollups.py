"""Counting the book by the hour: how far it is counted and the counts commit together, so nothing counts twice."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q

from audit.actors import Actor
from audit.errors import RollUpRefused
from audit.events import BOOK_COUNTED_ANEW
from audit.models import HourlyCount, RollUpCursor
from audit.recorder import append
from audit.rollups.counting import Bucket, Sums, counted, months_with_bodies, tree_size
from keyring.walls import in_environment

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 50_000
"""Places of the tree that one transaction counts."""

_SEPARATOR = "\x1f"
"""Between the names of purposes on their way into the database; no name holds a control character."""

_ADD = """
insert into audit_hourlycount as known
    (environment_id, hour, actor_kind, actor, kind, outcome, accessor, purposes, entries, people, rows, values)
select %s, hour, actor_kind, actor, kind, outcome, accessor, string_to_array(purposes, E'\\x1f'),
    entries, people, rows, values
from unnest(%s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
    as given (hour, actor_kind, actor, kind, outcome, accessor, purposes, entries, people, rows, values)
on conflict (environment_id, hour, actor, kind, accessor, purposes, outcome, actor_kind) do update set
    entries = known.entries + excluded.entries, people = known.people + excluded.people,
    rows = known.rows + excluded.rows, values = known.values + excluded.values
"""


def roll_up(environment_id: UUID, *, now: datetime) -> int:
    """Count the next sealed entries; return how many places it went on. Repeating it, or losing it, changes nothing.

    Two that do so at once take turns at the cursor. Raises `AuditorNotConfigured`.
    """
    with in_environment(environment_id):
        cursor = _cursor(environment_id)
        first, until = cursor.index, min(cursor.index + MOST_AT_ONCE, tree_size())
        if until <= first:
            return 0
        _add(environment_id, counted(environment_id, first, until))
        cursor.index, cursor.turned_at = until, now
        cursor.save(update_fields=["index", "turned_at"])
    return until - first


def roll_up_anew(actor: Actor, *, environment_id: UUID, now: datetime) -> int:
    """Count everything that was counted once more; return how many entries there are. On record.

    Hours of months whose bodies are gone stay as they are: nobody can count them again. In one transaction: whoever
    reads meanwhile sees the former counts.

    Raises:
        AuditorNotConfigured: the book cannot be read here.
        RollUpRefused: a month was dropped meanwhile; nothing has changed.
    """
    with in_environment(environment_id):
        cursor, months = _cursor(environment_id), months_with_bodies()
        within = Q(pk__in=[])
        for month in months:
            within |= Q(hour__gte=month, hour__lt=_next(month))
        HourlyCount.objects.filter(within).delete()
        entries = 0
        for first in range(0, cursor.index, MOST_AT_ONCE):
            found = counted(environment_id, first, min(first + MOST_AT_ONCE, cursor.index))
            _add(environment_id, found)
            entries += sum(each.entries for each in found.values())
        if not set(months) <= set(months_with_bodies()):
            raise RollUpRefused("a month of the book was dropped meanwhile")
        cursor.turned_at = now
        cursor.save(update_fields=["turned_at"])
        told = {"months": [f"{each:%Y-%m}" for each in months], "entries": entries, "size": cursor.index}
        append(BOOK_COUNTED_ANEW, environment_id=environment_id, actor=actor, facts=told)
    return entries


def _cursor(environment_id: UUID) -> RollUpCursor:
    RollUpCursor.objects.bulk_create([RollUpCursor(environment_id=environment_id)], ignore_conflicts=True)
    return RollUpCursor.objects.select_for_update().get(environment_id=environment_id)


def _add(environment_id: UUID, found: Mapping[Bucket, Sums]) -> None:
    if not found:
        return
    rows = sorted((*bucket[:-1], _SEPARATOR.join(bucket.purposes), *sums) for bucket, sums in found.items())
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [environment_id, *map(list, zip(*rows, strict=True))])


def _next(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
