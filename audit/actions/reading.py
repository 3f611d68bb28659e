"""Reading the book on somebody's behalf, which the book records, too."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit import queries
from audit.actors import Actor
from audit.analysis.reading import tree_size
from audit.errors import EntryNotFound
from audit.events import BOOK_READ
from audit.queries import Cursor, EntryView
from audit.recorder import append
from audit.searching import must_be_searchable


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader asked for. Every member is optional; `since` is included, `until` is not."""

    kinds: Collection[str] | None = None
    actor_id: UUID | None = None
    outcome: str | None = None
    decision_id: UUID | None = None
    request_id: str | None = None
    subject: str | None = None
    accessor: str | None = None
    purpose: str | None = None
    naming: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    def used(self) -> dict[str, Any]:
        """Return the filters that are set, by name."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first, and whether older ones follow."""

    entries: list[EntryView]
    has_next: bool


MOST_PLACES, MOST_FOLLOWED = 5_000, 200
"""Places of the tree that one look at the live book goes through, and entries that it returns."""
SAID_AGAIN = timedelta(minutes=10)
"""How often the book says that somebody follows it."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Entries with their places, the first place that was not looked at, and how large the tree is."""

    entries: list[tuple[int, EntryView]]
    next: int
    size: int
    recorded_at: datetime

    @property
    def has_next(self) -> bool:
        """Whether more is there already."""
        return self.next < self.size


def read_entries(
    *, actor: Actor, environment_id: UUID, filters: Filters, door: str, after: Cursor | None = None, limit: int = 50
) -> Page:
    """Return a page of the book after recording that it was read; raises `AuditUnavailable` instead of releasing it.

    `door` names the way in (api, console, command). The record holds the filters' names, not their values. Raises
    `SearchTooWide` where the filters leave too much to go through.
    """
    must_be_searchable(environment_id=environment_id, after=after, **filters.used())
    # One more than asked for tells whether a page follows; the largest page has to do without it.
    asked = min(limit + 1, queries.LARGEST_PAGE)
    found = queries.entries(environment_id=environment_id, after=after, limit=asked, **filters.used())
    page = Page(found[:limit], has_next=len(found) > limit or (asked == limit and len(found) == limit))
    _record(actor, environment_id, names=sorted(filters.used()), returned=len(page.entries), door=door)
    return page


def follow_entries(
    *, actor: Actor, environment_id: UUID, filters: Filters, first: int, recorded_at: datetime | None, now: datetime
) -> Followed:
    """Return what got its place in the tree since, in that order; raises `AuditUnavailable` instead of releasing it.

    Args:
        actor: who follows the book.
        environment_id: whose entries.
        filters: as those of a page.
        first: the first place that was not looked at.
        recorded_at: when the book last said that somebody follows it; None where it has not yet.
        now: it says so again where that was long ago, not at every look: each would be the next one's news.
    """
    size = tree_size()
    end = min(size, first + MOST_PLACES)
    found = queries.entries_at(
        environment_id=environment_id, first=first, end=end, limit=MOST_FOLLOWED, **filters.used()
    )
    if len(found) == MOST_FOLLOWED:
        end = found[-1][0] + 1
    if recorded_at is None or now - recorded_at > SAID_AGAIN:
        _record(actor, environment_id, names=sorted(filters.used()), returned=len(found), door="live")
        recorded_at = now
    return Followed(found, max(first, end), size, recorded_at)


def read_entry(*, actor: Actor, environment_id: UUID, entry_id: UUID, door: str) -> EntryView:
    """Return one entry after recording that it was read. Raises `EntryNotFound`, which is recorded as well."""
    try:
        found = queries.entry(environment_id=environment_id, entry_id=entry_id)
    except EntryNotFound:
        _record(actor, environment_id, names=["id"], returned=0, door=door)
        raise
    _record(actor, environment_id, names=["id"], returned=1, door=door)
    return found


def _record(actor: Actor, environment_id: UUID, *, names: list[str], returned: int, door: str) -> None:
    append(
        BOOK_READ,
        environment_id=environment_id,
        actor=actor,
        facts={"filters": names, "returned": returned, "door": door},
    )
