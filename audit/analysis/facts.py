"""What the analysis knows beside the book: tickets, staff, jobs, and what is to be expected. Ids and handles only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from audit.analysis.accesses import Access

PUNCTUAL = timedelta(minutes=2)
"""So much earlier or later than its hours a job may run."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A case that somebody works on.

    `reference` is what entries call it; `subject` the handle of whom it is about, empty where that is nobody known;
    `assignee` and `opened_by` are actors, `queue` a team.
    """

    reference: str
    subject: str = ""
    assignee: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    opened_by: str = ""
    queue: str = ""

    def is_open(self, at: datetime) -> bool:
        return (self.opened_at is None or self.opened_at <= at) and (self.closed_at is None or at < self.closed_at)


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who works here. `own` is the handle of their own record, `family` of those who live with them."""

    actor: str
    team: str = ""
    manager: str = ""
    role: str = ""
    on_leave: tuple[tuple[datetime, datetime], ...] = ()
    joined_at: datetime | None = None
    left_at: datetime | None = None
    own: str = ""
    family: frozenset[str] = frozenset()
    namesakes: Mapping[str, int] = field(default_factory=dict)
    """Handle of somebody of the same surname -> how many people have it. The name itself is not known here."""

    def is_away(self, at: datetime) -> bool:
        return any(begin <= at < end for begin, end in self.on_leave)

    def has_left(self, at: datetime) -> bool:
        return self.left_at is not None and at >= self.left_at


@dataclass(frozen=True, slots=True)
class Job:
    """A program that runs by a schedule: for which purposes, in which hours (UTC), through which accessors.

    Where no hours or accessors were told, any will do.
    """

    actor: str
    purposes: frozenset[str] = frozenset()
    hours: frozenset[int] = frozenset()
    accessors: frozenset[str] = frozenset()

    def deviation(self, access: Access) -> str:
        """Return in what an access is not as registered: purpose, accessor or hour; empty where it is.

        What names no purpose has none of the registered ones.
        """
        if not access.purposes or not self.purposes.issuperset(access.purposes):
            return "purpose"
        if self.accessors and access.resource not in self.accessors:
            return "accessor"
        return "" if self.is_in_hours(access.at) else "hour"

    def is_in_hours(self, at: datetime) -> bool:
        """Whether a moment (UTC) is in the registered hours, or a few minutes beside them: clocks differ."""
        near = {(at + late).astimezone(UTC).hour for late in (-PUNCTUAL, timedelta(0), PUNCTUAL)}
        return not self.hours or not near.isdisjoint(self.hours)


class HourAbove(NamedTuple):
    """An hour in which somebody did far more than in the hours before."""

    actor: str
    hour: datetime
    entries: int
    usual: float
    deviations: float


@dataclass(frozen=True, slots=True)
class Expectation:
    """What somebody marked as expected: accesses by an actor, or one rule's alerts about it, until a day."""

    owner: str
    until: datetime
    actor: str = ""
    subject: str = ""
    rule: str = ""

    def holds(self, *, actor: str, subject: str, at: datetime) -> bool:
        """Whether an access to a person is expected; an expectation that names a rule explains no access."""
        return (
            not self.rule
            and at < self.until
            and self.actor in ("", actor)
            and self.subject in ("", subject)
            and bool(self.actor or self.subject)
        )


@dataclass(slots=True)
class Facts:
    """All that is known of some accesses, ready to be looked up."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    staff: dict[str, Staff] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    flagged: frozenset[str] = frozenset()
    """People whom curiosity is drawn to."""
    honey: frozenset[str] = frozenset()
    """People who do not exist, and whom no work leads to."""
    builds: frozenset[str] = frozenset()
    """SHA-256 of the programs that were registered; empty: it is not known which were."""
    ordinals: dict[str, int] = field(default_factory=dict)
    """Handle -> which number the person has, in the order in which people were stored."""
    expectations: tuple[Expectation, ...] = ()
    is_ticket_source_silent: bool = False
    hours: Sequence[HourAbove] = ()
    """Of a day that is looked at as a whole, from the counts of the book."""
    _about: dict[str, list[Ticket]] = field(default_factory=dict)
    _employees: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for ticket in self.tickets.values():
            self._index(ticket)
        for person in self.staff.values():
            if person.own:
                self._employees[person.own] = person.actor

    def learn(self, ticket: Ticket) -> None:
        """Add a ticket, or what became of it."""
        known = self.tickets.get(ticket.reference)
        if known is not None and known.subject in self._about:
            self._about[known.subject].remove(known)
        self.tickets[ticket.reference] = ticket
        self._index(ticket)

    def forget(self, reference: str) -> None:
        """Take a ticket away that is too old to explain anything."""
        ticket = self.tickets.pop(reference)
        if ticket.subject:
            self._about[ticket.subject].remove(ticket)
            if not self._about[ticket.subject]:
                del self._about[ticket.subject]

    def about(self, subject: str) -> Sequence[Ticket]:
        """Return the tickets about a person."""
        return self._about.get(subject, ())

    def employee(self, subject: str) -> str:
        """Return the actor whose own record this is; empty where it is nobody who works here."""
        return self._employees.get(subject, "")

    def team(self, actor: str) -> str:
        person = self.staff.get(actor)
        return person.team if person else ""

    def _index(self, ticket: Ticket) -> None:
        if ticket.subject:
            self._about.setdefault(ticket.subject, []).append(ticket)


class FactSource(Protocol):
    """A system that knows something about accesses: tickets, a staff directory, grants."""

    def facts_about(self, accesses: Collection[Access], *, environment_id: UUID) -> Facts:
        """Return what it knows of accesses of one environment.

        Raises:
            FactsUnavailable: it does not answer; the analysis says so and goes on with what the others know.
        """
        ...


def merged(sources: Iterable[Facts]) -> Facts:
    """Return what several sources know together; of what two know, the later counts."""
    whole = Facts()
    for facts in sources:
        whole.tickets |= facts.tickets
        whole.staff |= facts.staff
        whole.jobs |= facts.jobs
        whole.ordinals |= facts.ordinals
        whole.flagged |= facts.flagged
        whole.honey |= facts.honey
        whole.builds |= facts.builds
        whole.expectations += facts.expectations
        whole.is_ticket_source_silent |= facts.is_ticket_source_silent
    whole.__post_init__()
    return whole
