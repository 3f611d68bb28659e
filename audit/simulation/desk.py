"""What is known beside the book: tickets, staff, jobs, as the systems that keep them would tell it on the day."""

from __future__ import annotations

from collections import deque

from audit.analysis.facts import Facts, Job, Staff, Ticket
from audit.simulation.company import People, Person, Subjects
from audit.simulation.jobs import Program
from audit.simulation.pen import DAY, Pen

KEPT_DAYS = 35
"""Tickets that are older are forgotten, so that a long run needs no more memory than a short one."""


class Desk:
    """Keeps the tickets of the last weeks, and knows the staff of the day."""

    def __init__(self, people: People, subjects: Subjects, pen: Pen, jobs: tuple[Program, ...]) -> None:
        self.people, self._subjects, self._pen = people, subjects, pen
        self.facts = Facts(
            staff={person.actor: self._told(person) for person in people.staff},
            jobs={job.actor: Job(job.actor, frozenset({job.purpose}), frozenset({job.hour})) for job in jobs},
            flagged=frozenset(subjects.handles[ordinal] for ordinal in subjects.vips),
            honey=frozenset(subjects.handles[ordinal] for ordinal in subjects.honeys),
            builds=frozenset(job.build for job in jobs),
            ordinals={handle: ordinal for ordinal, handle in enumerate(subjects.handles)},
        )
        self._order: deque[tuple[int, str]] = deque()
        self._late: list[Ticket] = []
        self.written_down: list[Ticket] = []
        """Tickets that are new; for whoever takes them from here."""
        self._number = self._day = 0

    def begin(self, day: int, *, is_out: bool) -> None:
        """Turn to a day: old tickets go, late ones arrive unless the tickets are out today."""
        self._day = day
        self.written_down.clear()
        self.facts.is_ticket_source_silent = is_out
        while self._order and self._order[0][0] < day - KEPT_DAYS:
            self.facts.forget(self._order.popleft()[1])
        if not is_out:
            late, self._late = self._late, []
            for ticket in late:
                self._keep(ticket)

    def reference(self) -> str:
        """Return the reference that the next ticket gets."""
        self._number += 1
        return f"T-{self._number:07d}"

    def open(
        self, name: str, *, subject: str, assignee: str, opened: float, closed: float | None, opened_by: str, queue: str
    ) -> None:
        """Put a ticket down; its times are seconds of the run."""
        moment = self._pen.moment
        ticket = Ticket(
            name, subject, assignee, moment(opened), None if closed is None else moment(closed), opened_by, queue
        )
        self.written_down.append(ticket)
        if self.facts.is_ticket_source_silent:
            self._late.append(ticket)
        else:
            self._keep(ticket)

    def moved(self, person: Person) -> None:
        """Take down that somebody works for another team now."""
        self.facts.staff[person.actor] = self._told(person)

    def _keep(self, ticket: Ticket) -> None:
        self.facts.learn(ticket)
        self._order.append((self._day, ticket.reference))

    def _told(self, person: Person) -> Staff:
        moment, subjects = self._pen.moment, self._subjects
        return Staff(
            actor=person.actor,
            team=f"team-{person.team}",
            manager="" if person.manager is None else self.people.staff[person.manager].actor,
            role=person.role.name,
            on_leave=tuple((moment(first * DAY), moment((last + 1) * DAY)) for first, last in person.leave),
            joined_at=moment(person.joined * DAY),
            left_at=moment(person.left * DAY) if person.leaves else None,
            own=subjects.handles[person.subject],
            family=frozenset(subjects.handles[one] for one in subjects.family(person.subject)),
            namesakes={subjects.handles[one]: holders for one, holders in subjects.namesakes(person.subject)},
        )
