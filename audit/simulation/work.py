"""An ordinary day: tickets come in, somebody opens the record, looks again, writes something down."""

from __future__ import annotations

from collections import deque
from random import Random

from audit.simulation.calendar import Calendar
from audit.simulation.company import Person, Subjects, id_of, poisson
from audit.simulation.configuration import Configuration
from audit.simulation.desk import Desk
from audit.simulation.jobs import Program
from audit.simulation.pen import DAY, Pen

REASONS = ("caller asks for correction", "payment was returned", "delivery went wrong", "identity is doubted")
"""What people give as the reason of a request, by the code of the reason."""


SKETCH = 32
"""Minima that the sketch of a text has."""


def sketched(rng: Random) -> tuple[int, ...]:
    """Return the sketch of a text that is like no other."""
    return tuple(rng.getrandbits(32) for _ in range(SKETCH))


class Floor:
    """Where the tickets are handled."""

    def __init__(
        self,
        configuration: Configuration,
        *,
        seed: int,
        subjects: Subjects,
        desk: Desk,
        pen: Pen,
        calendar: Calendar,
        jobs: tuple[Program, ...],
    ) -> None:
        self.configuration, self.subjects, self.desk, self.pen, self.calendar = (
            configuration, subjects, desk, pen, calendar,
        )  # fmt: skip
        teams = configuration.company.teams
        self._lately: list[deque[int]] = [deque(maxlen=60) for _ in range(teams)]
        self.intake = str(id_of(seed, "intake", 0))
        self.accessors = {role: str(id_of(seed, role, 0)) for role in ("support", "billing", "claims", "operation")}
        self.jobs = jobs
        self._grants = 0
        self._seed = seed

    def somebody(self, rng: Random) -> int:
        """Draw whose record is dealt with; nobody has business with a honey subject."""
        while (drawn := int(rng.random() * len(self.subjects))) in self.subjects.honeys:
            pass
        return drawn

    def works(self, person: Person, day: int, rng: Random) -> None:
        """Let somebody work for a day."""
        factor = self.calendar.factor(day, person.team) * person.pace
        count = poisson(rng, self.configuration.work.tickets * factor)
        if not count:
            return
        begin = day * DAY + person.shift[0] * 3600
        length = (person.shift[1] - person.shift[0]) * 3600.0
        for at in sorted([begin + rng.random() * length for _ in range(count)]):
            self.handles(person, at, rng)

    def handles(self, person: Person, at: float, rng: Random, *, ordinal: int | None = None) -> None:
        """Let somebody handle one ticket, about somebody drawn or given."""
        configuration, uniform = self.configuration, rng.random
        noise, work, lately = configuration.noise, configuration.work, self._lately[person.team]
        if ordinal is None:
            returns = lately and uniform() < work.returning
            ordinal = lately[int(uniform() * len(lately))] if returns else self.somebody(rng)
        lately.append(ordinal)
        subject = self.subjects.handles[ordinal]
        if ordinal == person.subject:
            return  # a colleague takes it
        if uniform() < noise.wrong_records:
            self.looks(person, at - 40, self.subjects.handles[self.somebody(rng)], rng)
        name, last = "", at
        is_written_down = uniform() >= noise.missing_tickets * self.calendar.forgetting(int(at / DAY))
        if is_written_down:
            name = self.desk.reference()
        if uniform() < 0.15:
            self.pen.write(
                at - 20, person.actor, "search", (subject,), resource="email", purposes=(person.role.purpose,),
                facts={"found": 1},
            )  # fmt: skip
        if uniform() < work.granted:
            last = self.asks(person, at, (ordinal,), rng, ticket=name)
        else:
            for _ in range(1 + poisson(rng, work.accesses)):
                self.looks(person, last, subject, rng)
                last += 20 + uniform() * 240
            if uniform() < 0.3:
                self.writes(person, last, subject)
        if is_written_down:
            self._note(person, name, ordinal, at, last, rng)

    def looks(self, person: Person, at: float, subject: str, rng: Random, *, plot: int | None = None) -> None:
        """Let somebody open a record as their work has it."""
        role = person.role
        self.pen.write(
            at, person.actor, "read", (subject,), resource=self.accessors[role.purpose],
            columns=role.columns[int(rng.random() * len(role.columns))], purposes=(role.purpose,),
            plot=plot,
        )  # fmt: skip

    def writes(self, person: Person, at: float, subject: str) -> None:
        """Let somebody change a record."""
        role = person.role
        self.pen.write(
            at, person.actor, "write", (subject,), resource=self.accessors[role.purpose], columns=role.columns[1],
            purposes=(role.purpose,),
        )  # fmt: skip

    def asks(
        self,
        person: Person,
        at: float,
        ordinals: tuple[int, ...],
        rng: Random,
        *,
        ticket: str,
        sketch: tuple[int, ...] = (),
        approver: Person | None = None,
        latency: float | None = None,
        is_emergency: bool = False,
        plot: int | None = None,
    ) -> float:
        """Let somebody ask for temporary access, get it and use it; returns when they were done.

        `approver` is the manager where nobody is named; they take some minutes where no `latency` is.
        """
        self._grants += 1
        grant, request = (str(id_of(self._seed, what, self._grants)) for what in ("grant", "request"))
        reason = REASONS[int(rng.random() * len(REASONS))]
        role, pen = person.role, self.pen
        subjects = tuple(self.subjects.handles[ordinal] for ordinal in ordinals)
        resource = self.accessors[role.purpose]
        named = {
            "request": request, "grantee": person.actor, "grant": grant, "people": len(ordinals),
            "sketch": sketch or self._reasons(role.name, rng),
        }  # fmt: skip
        pen.write(
            at, person.actor, "declare" if is_emergency else "request", resource=resource, columns=role.seldom,
            purposes=(role.purpose,), rows=0, ticket=ticket, reason=reason, facts=named, plot=plot,
            grant=grant if is_emergency else "",
        )  # fmt: skip
        begins = at
        if not is_emergency:
            partner = approver
            approver = partner or self._approver(person, int(at / DAY))
            begins = at + (latency if latency is not None else 40 + rng.expovariate(1 / 300))
            pen.write(
                begins, approver.actor, "approve", resource=resource, columns=role.seldom, purposes=(role.purpose,),
                rows=0, grant=grant, ticket=ticket, reason=reason, facts=named,
                plot=plot if partner else None,
            )  # fmt: skip
            pen.write(
                begins + 5, person.actor, "activate", resource=resource, rows=0, grant=grant, facts=named, plot=plot,
            )  # fmt: skip
        last = begins + 20
        for subject in subjects:
            for _ in range(1 + int(rng.random() * 2)):
                pen.write(
                    last, person.actor, "unmask", (subject,), resource=resource,
                    columns=(role.seldom[int(rng.random() * len(role.seldom))],), purposes=(role.purpose,),
                    grant=grant, plot=plot,
                )  # fmt: skip
                last += 15 + rng.random() * 120
        return last

    def _reasons(self, role: str, rng: Random) -> tuple[int, ...]:
        """Return the sketch of a justification: now and then one of the phrases that a role has for it."""
        return sketched(Random(f"{role}/{rng.randrange(6)}") if rng.random() < 0.3 else rng)

    def _approver(self, person: Person, day: int) -> Person:
        """The manager, or whoever stands in for them."""
        staff = self.desk.people.staff
        asked = [*staff[: self.configuration.company.teams], *staff]
        if person.manager is not None:
            asked.insert(0, staff[person.manager])
        return next(one for one in asked if one is not person and one.belongs(day) and not one.is_away(day))

    def runs(
        self,
        job: Program,
        day: int,
        rng: Random,
        *,
        build: str,
        columns: tuple[str, ...],
        size: int,
        plot: int | None = None,
    ) -> None:
        """Let a program read a batch of records."""
        at = day * DAY + job.hour * 3600 + rng.random() * 600
        subjects = tuple(self.subjects.handles[self.somebody(rng)] for _ in range(size))
        self.pen.write(
            at, job.actor, "export", subjects, resource=job.resource, columns=columns, purposes=(job.purpose,),
            rows=size, build=build, actor_kind="client", plot=plot,
        )  # fmt: skip

    def _note(self, person: Person, name: str, ordinal: int, at: float, last: float, rng: Random) -> None:
        noise, uniform = self.configuration.noise, rng.random
        # What was merged into another ticket is found under that one, which names somebody else.
        subject = self.subjects.handles[self.somebody(rng) if uniform() < noise.merged else ordinal]
        staff, teams = self.desk.people.staff, self.configuration.company.teams
        another = staff[(person.number + teams * (1 + int(uniform() * 5))) % len(staff)]
        assignee = another.actor if uniform() < noise.reassigned else person.actor
        by_oneself = uniform() < noise.self_opened
        self.desk.open(
            name, subject=subject, assignee=assignee,
            opened=at - (20 + uniform() * 600 if by_oneself else 60 + rng.expovariate(1 / 3000)),
            closed=last + 30 + rng.expovariate(1 / 1800), opened_by=person.actor if by_oneself else self.intake,
            queue=f"team-{person.team}",
        )  # fmt: skip
