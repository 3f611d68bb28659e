"""Counting the book by the hour: how far it is counted and the counts commit together, so nothing counts twice."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from operator import itemgetter
from uuid import UUID

import orjson
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

_ADD = """
insert into audit_hourlycount as known
    (environment_id, id, hour, actor_kind, actor, kind, outcome, accessor, purposes, entries, people, rows, values)
select %s, id, to_timestamp(hour), actor_kind, actor, kind, outcome, accessor, purposes, entries, people, rows, values
from json_to_recordset(%s) as given (id uuid, hour bigint, actor_kind text, actor text, kind text, outcome text,
    accessor text, purposes text[], entries bigint, people bigint, rows bigint, values bigint)
on conflict (id) do update set
    entries = known.entries + excluded.entries, people = known.people + excluded.people,
    rows = known.rows + excluded.rows, values = known.values + excluded.values
"""


def roll_up(environment_id: UUID, *, now: datetime, most: int | None = None) -> int:
    """Count the next sealed entries; return how many places it went on. Repeating it, or losing it, changes nothing.

    `most` places at once, `MOST_AT_ONCE` by default. Two that do so at once take turns at the cursor. Raises
    `AuditorNotConfigured`.
    """
    with in_environment(environment_id):
        cursor = _cursor(environment_id)
        first, until = cursor.index, min(cursor.index + (most or MOST_AT_ONCE), tree_size())
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
    named = [{"id": bucket.key(environment_id)} | bucket._asdict() | sums._asdict() for bucket, sums in found.items()]
    rows = sorted(named, key=itemgetter("id"))
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [environment_id, orjson.dumps(rows).decode()])


def _next(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
