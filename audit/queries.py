"""Reading the book, as the auditor: the application's role cannot."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal
from uuid import UUID

import orjson
from django.db import connections
from django.db.models import Count, Max, Min, Q, QuerySet

from audit.actors import Actor, Build
from audit.errors import AuditorNotConfigured, EntryNotFound
from audit.models import Entry, Leaf
from audit.rollups.narrowing import Slot, Sought, slots

AUDITOR = "auditor"
READS = ("accessor.executed", "accessor.unmasked")
"""Kinds of entries by which somebody saw values through an accessor."""
_INSTANT = timedelta(microseconds=1)
LARGEST_PAGE = 1500

Cursor = tuple[datetime, UUID]
"""Where a page ended: `recorded_at` and `id` of its last entry."""


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry as it was read."""

    id: UUID
    recorded_at: datetime
    environment_id: UUID
    kind: str
    outcome: str
    actor: Actor
    decision_id: UUID | None
    request_id: str | None
    text: str
    """The body as stored, to the byte."""
    body: Mapping[str, Any]

    @property
    def facts(self) -> Mapping[str, Any]:
        """What this kind of event says."""
        facts: Mapping[str, Any] = self.body["facts"]
        return facts

    @property
    def cursor(self) -> Cursor:
        """Pass it as `after` for the entries before this one."""
        return self.recorded_at, self.id


def entries(
    *,
    environment_id: UUID,
    kinds: Collection[str] | None = None,
    actor_id: UUID | None = None,
    outcome: str | None = None,
    decision_id: UUID | None = None,
    request_id: str | None = None,
    subject: str | None = None,
    accessor: str | None = None,
    purpose: str | None = None,
    naming: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: Cursor | None = None,
    limit: int = 50,
) -> list[EntryView]:
    """Return one environment's entries, newest first, at most `limit` (1 to 1500).

    `subject` is a fingerprint handle; `accessor` the id or the name of what was read through, `purpose` the name of
    what for, of which hourly counts tell where to search; `naming` an id that stands anywhere in an entry, for which
    every body between `since` and `until` is searched. `since` is included, `until` is not; `after` continues below an
    entry. Raises `AuditorNotConfigured` where the book cannot be read.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise ValueError(f"limit is a number from 1 to {LARGEST_PAGE}")
    found = matching(
        environment_id=environment_id,
        kinds=kinds,
        actor_id=actor_id,
        outcome=outcome,
        decision_id=decision_id,
        request_id=request_id,
        subject=subject,
        accessor=accessor,
        purpose=purpose,
        naming=naming,
        since=since,
        until=until,
        after=after,
    )
    newest = found.order_by("-recorded_at", "-id")
    if accessor is None and purpose is None:
        return [_view(row) for row in newest[:limit]]
    accessors = None if accessor is None else _ids_of(environment_id, accessor)
    below = until if after is None else after[0] + _INSTANT
    sought = Sought(accessors, purpose, actor_id, outcome, since, below)
    narrowed = None if accessors == [] else slots(environment_id, sought)
    if narrowed is None:
        return [_view(row) for row in newest[:limit]]
    return [_view(row) for row in islice(_in_slots(newest, narrowed, limit), limit)]


def _in_slots(newest: QuerySet[Entry], narrowed: Iterator[Slot], limit: int) -> Iterator[Entry]:
    for slot in narrowed:
        there = newest.filter(recorded_at__gte=slot.since)
        if slot.until is not None:
            there = there.filter(recorded_at__lt=slot.until)
        if slot.actors is not None:
            there = there.filter(actor_id__in=slot.actors)
        yield from there[:limit]


def _ids_of(environment_id: UUID, accessor: str) -> list[str]:
    """Return the ids of the accessors that a text names: itself where it is one, else those published by that name."""
    try:
        return [str(UUID(accessor))]
    except ValueError:
        named = f'"name":{orjson.dumps(accessor).decode()}'
        published = _book(environment_id).filter(kind="accessor.published", body__contains=named)
        return sorted(
            {str(orjson.loads(body)["facts"]["accessor"]) for body in published.values_list("body", flat=True)}
        )


def is_published(environment_id: UUID, accessor: str) -> bool:
    """Say whether a text is the id of an accessor, or the name under which one was ever published here."""
    return bool(_ids_of(environment_id, accessor))


def matching(
    *,
    environment_id: UUID,
    kinds: Collection[str] | None = None,
    subject: str | None = None,
    accessor: str | None = None,
    purpose: str | None = None,
    naming: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: Cursor | None = None,
    **equal: Any,
) -> QuerySet[Entry]:
    """Return the rows that `entries` would look through, in no order; `equal` are its other filters."""
    wanted: dict[str, Any] = {
        "kind__in": None if kinds is None else sorted(kinds),
        "recorded_at__gte": since,
        "recorded_at__lt": until,
        "pk__lt": after,
        **equal,
    }
    found = _book(environment_id).filter(**{name: value for name, value in wanted.items() if value is not None})
    return _searched(found, subject=subject, accessor=accessor, purpose=purpose, naming=naming)


def entries_at(
    *, environment_id: UUID, first: int, end: int, limit: int, **filters: Any
) -> list[tuple[int, EntryView]]:
    """Return one environment's entries of the places of the tree from `first` up to `end` (excluded), in their order.

    At most `limit` of those that the filters of `entries` leave over: the lowest places. Places are given once and
    for good, so whoever goes on behind the last one misses nothing and gets nothing twice, in whatever order
    transactions were committed.
    """
    _book(environment_id)  # says so where the book cannot be read
    places = Leaf.objects.using(AUDITOR).filter(index__gte=first, index__lt=end)
    span = places.aggregate(begins=Min("recorded_at"), ends=Max("recorded_at"))
    if span["begins"] is None:
        return []
    index_of = dict(places.values_list("entry_id", "index"))
    since = max(filter(None, (filters.pop("since", None), span["begins"])))
    until = min(filter(None, (filters.pop("until", None), span["ends"] + _INSTANT)))
    rows = matching(environment_id=environment_id, since=since, until=until, **filters).filter(id__in=list(index_of))
    found = sorted(((index_of[row.id], row) for row in rows), key=lambda each: each[0])
    return [(index, _view(row)) for index, row in found[:limit]]


def _searched(
    found: QuerySet[Entry], *, subject: str | None, accessor: str | None, purpose: str | None, naming: UUID | None
) -> QuerySet[Entry]:
    if subject is not None:
        found = found.filter(_about(subject))
    if accessor is not None:
        text = orjson.dumps(accessor).decode()
        found = found.filter(Q(body__contains=f'"accessor":{text}') | Q(body__contains=f'"name":{text}'))
        found = found.filter(kind__in=READS)
    if purpose is not None:
        found = found.filter(body__contains=orjson.dumps(purpose).decode())
        found = found.filter(body__regex=rf'"purposes":\[[^]]*{re.escape(orjson.dumps(purpose).decode())}')
    if naming is not None:
        found = found.filter(body__contains=f'"{naming}"')
    return found


def every_entry(*, environment_id: UUID, chunk: int = 500, **filters: Any) -> Iterator[EntryView]:
    """Yield all that `entries` would find, newest first, a chunk at a time: memory stays flat."""
    page = entries(environment_id=environment_id, limit=chunk, **filters)
    while page:
        yield from page
        if len(page) < chunk:
            return
        page = entries(environment_id=environment_id, limit=chunk, **{**filters, "after": page[-1].cursor})


def entry(*, environment_id: UUID, entry_id: UUID) -> EntryView:
    """Return one entry of an environment. Raises `EntryNotFound`."""
    row = _book(environment_id).filter(id=entry_id).first()
    if row is None:
        raise EntryNotFound
    return _view(row)


def entries_of(*, environment_id: UUID, ids: Collection[UUID]) -> dict[UUID, EntryView]:
    """Return those of an environment's entries that have one of the ids, by id; at most 1500 may be asked for."""
    if len(ids) > LARGEST_PAGE:
        raise ValueError(f"at most {LARGEST_PAGE} entries at once")
    return {row.id: _view(row) for row in _book(environment_id).filter(id__in=ids)} if ids else {}


def count_by(
    *fields: Literal["kind", "outcome", "actor_kind", "actor_id"],
    environment_id: UUID,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[tuple[Any, ...], int]:
    """Return how many entries share each combination of the fields, e.g. `{("accessor.executed", "done"): 12}`."""
    found = _book(environment_id)
    if since is not None:
        found = found.filter(recorded_at__gte=since)
    if until is not None:
        found = found.filter(recorded_at__lt=until)
    counted = found.order_by().values(*fields).annotate(entries=Count("id"))
    return {tuple(row[field] for field in fields): row["entries"] for row in counted}


def _book(environment_id: UUID) -> QuerySet[Entry]:
    """Return one environment's part of the book; the only place that decides whose entries are seen."""
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    return Entry.objects.using(AUDITOR).filter(environment_id=environment_id)


def _about(subject: str) -> Q:
    """Match entries that concern a subject: few people are indexed one by one, of many only the body tells."""
    return Q(subjects__contains=[subject]) | Q(
        subject_count__gt=0, subjects__isnull=True, body__contains=f'"{subject}"'
    )


def _view(row: Entry) -> EntryView:
    body = orjson.loads(row.body)
    return EntryView(
        id=row.id,
        recorded_at=row.recorded_at,
        environment_id=row.environment_id,
        kind=row.kind,
        outcome=row.outcome,
        actor=Actor(row.actor_kind, row.actor_id, _build(body), _via(body)),
        decision_id=row.decision_id,
        request_id=row.request_id,
        text=row.body,
        body=body,
    )


def _via(body: Mapping[str, Any]) -> tuple[UUID, ...]:
    return tuple(UUID(each) for each in body.get("actor", {}).get("via", ()))


def _build(body: Mapping[str, Any]) -> Build | None:
    told = body.get("actor", {}).get("build")
    return Build(told["digest"], told["commit"], UUID(told["id"]) if told["id"] else None) if told else None
