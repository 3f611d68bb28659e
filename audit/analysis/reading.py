"""Sealed entries as accesses: what has no place in the tree yet is not looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.db import connections, transaction

from audit.analysis.accesses import Access, access_of
from audit.errors import AuditorNotConfigured
from audit.queries import AUDITOR, READS

LATE = timedelta(hours=1)
"""An entry is recorded when its statement runs, which may be after the moment that it names."""

_AT_ONCE = 5_000
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_ALIKE = (
    "environment_id", "kind", "outcome", "actor_kind", "actor", "operation", "resource", "columns", "purposes", "grant",
    "ticket", "reason", "build", "key",
)  # fmt: skip
"""Members of an access that many others have alike."""

_SIZE = "select coalesce(max(index) + 1, 0) from audit_leaf"
_PLACES = """
select l.index, e.body from audit_leaf l join audit_entry e on e.recorded_at = l.recorded_at and e.id = l.entry_id
where l.index >= %s and l.index < %s and e.environment_id = %s order by l.index
"""
_DAY = """
select l.index, e.body from audit_entry e join audit_leaf l on l.entry_id = e.id
where e.environment_id = %s and e.recorded_at >= %s and e.recorded_at < %s and l.index < %s order by l.index
"""
_AHEAD = """
select exists (
    select from audit_entry e left join audit_leaf l on l.recorded_at = e.recorded_at and l.entry_id = e.id
    where e.environment_id = %s and e.recorded_at >= %s and e.recorded_at < %s and (l.index is null or l.index >= %s)
)
"""
_ENVIRONMENTS = """
with recursive found as (
    (select environment_id from audit_entry order by environment_id limit 1)
    union all
    select (select e.environment_id from audit_entry e where e.environment_id > found.environment_id
            order by e.environment_id limit 1)
    from found where found.environment_id is not null
)
select environment_id from found where environment_id is not null
"""
"""Jumps from one environment to the next along the index, instead of looking at every entry."""


def tree_size() -> int:
    """Return how many entries have their place."""
    return int(next(row[0] for row in _rows(_SIZE, [])))


def environments() -> list[UUID]:
    """Return the environments that have entries."""
    return [row[0] for row in _rows(_ENVIRONMENTS, [])]


def sealed(environment_id: UUID, first: int, until: int) -> list[Access]:
    """Return one environment's accesses among the places from `first` up to `until`, which is not included."""
    return [access_of(orjson.loads(body), index) for index, body in _rows(_PLACES, [first, until, environment_id])]


def sealed_on(environment_id: UUID, day: date, *, below: int) -> Iterator[Access]:
    """Yield one environment's accesses of a day (UTC) among the places below a number.

    They may be hundreds of thousands, which are looked at together: so they share the texts that they have alike, and
    those of reads keep nothing beside what `Access` has taken out of their facts.
    """
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    yield from _of_day(day, _streamed(_DAY, [environment_id, begins, ends_of(day), below]))


def sealed_late(environment_id: UUID, day: date, *, first: int, last: int) -> Iterator[Access]:
    """Yield one environment's accesses that name a day (UTC) and stand between two places, both included."""
    yield from _of_day(day, _streamed(_PLACES, [first, last + 1, environment_id]))


def ends_of(day: date) -> datetime:
    """Return when the last entry of a day (UTC) is recorded, where nothing holds it up."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) + LATE


def is_passed(environment_id: UUID, day: date, *, below: int, now: datetime) -> bool:
    """Say whether a day (UTC) is over and all of its entries have their place below a number.

    So it is asked after `LATE` has gone by, and of entries without a place there is none.
    """
    begins, until = datetime(day.year, day.month, day.day, tzinfo=UTC), ends_of(day)
    return now >= until and not next(row[0] for row in _rows(_AHEAD, [environment_id, begins, until, below]))


def _of_day(day: date, rows: Iterable[tuple[Any, ...]]) -> Iterator[Access]:
    alike: dict[Any, Any] = {}
    for index, body in rows:
        access = access_of(orjson.loads(body), index)
        if access.at.astimezone(UTC).date() == day:
            yield _lighter(access, alike)


def _lighter(access: Access, alike: dict[Any, Any]) -> Access:
    """Return an access that takes its texts from those that were there before."""

    def shared(value: Any) -> Any:
        return alike.setdefault(value, value)

    told = {name: shared(getattr(access, name)) for name in _ALIKE}
    told["subjects"] = tuple(map(shared, access.subjects))
    if access.kind in READS and not access.key:
        told["facts"] = _NOTHING
    return replace(access, **told)


def _streamed(statement: str, parameters: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield rows as they are asked for: the driver would hold all of them otherwise."""
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    with transaction.atomic(using=AUDITOR):
        connection: psycopg.Connection = connections[AUDITOR].connection
        with connection.cursor(name="day") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(statement, parameters)
            yield from cursor


def _rows(statement: str, parameters: list[Any]) -> Iterator[tuple[Any, ...]]:
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    with connections[AUDITOR].cursor() as cursor:
        cursor.execute(statement, parameters)
        yield from iter(cursor.fetchone, None)
