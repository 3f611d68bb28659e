"""A run: day after day, what the book gets, what is known beside it, and what was planted."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from uuid import UUID

from audit.analysis.accesses import Access
from audit.simulation.calendar import Calendar
from audit.simulation.company import People, Person, Subjects, id_of
from audit.simulation.configuration import Configuration
from audit.simulation.desk import Desk
from audit.simulation.insiders.casting import SCRIPTS, cast
from audit.simulation.insiders.plots import Plot
from audit.simulation.jobs import programs
from audit.simulation.pen import DAY, Pen
from audit.simulation.work import Floor


class Simulation:
    """One company over some months; the same configuration and seed are the same company, byte for byte.

    `desk.facts` is what is known on the day whose accesses were yielded last: look while iterating.
    """

    def __init__(self, configuration: Configuration, *, seed: int, environment_id: UUID | None = None) -> None:
        self.configuration, self.seed = configuration, seed
        self.subjects = Subjects(configuration, seed=seed)
        self.people = People(configuration, self.subjects, seed=seed)
        self.calendar = Calendar(configuration, seed=seed)
        self.pen = Pen(configuration, seed=seed, environment_id=environment_id or id_of(seed, "environment", 0))
        jobs = programs(seed)
        self.plots: list[Plot] = cast(configuration, self.people, jobs, seed=seed)
        self.desk = Desk(self.people, self.subjects, self.pen, jobs)
        self.floor = Floor(
            configuration, seed=seed, subjects=self.subjects, desk=self.desk, pen=self.pen, calendar=self.calendar,
            jobs=jobs,
        )  # fmt: skip
        self.planted: dict[UUID, int] = {}
        """The truth: the id of every entry that an insider caused, and the number of their plot."""

    def accesses(self) -> Iterator[Access]:
        """Return what happens in the order of the book. A simulation runs once."""
        for _, accesses in self.by_day():
            yield from accesses

    def by_day(self) -> Iterator[tuple[int, Iterator[Access]]]:
        """Return each day with what happens on it."""
        for day in range(self.configuration.work.days):
            rng = Random(f"{self.seed}/day/{day}")
            self.desk.begin(day, is_out=day in self.calendar.outages)
            for person in self.people.moving(day):
                self.desk.moved(person)
            at_work = [*self._at_work(day, rng)]
            self._jobs(day, rng)
            if at_work:
                self._repair(day, at_work, rng)
                self._news(day, at_work, rng)
                self._incident(day, at_work, rng)
            self._insiders(day, at_work)
            yield day, self.pen.take(rng, self.planted)

    def _at_work(self, day: int, rng: Random) -> Iterator[Person]:
        share = self.configuration.work.weekend
        for person in self.people.on_duty(day, self.calendar.weekday(day), rng, weekend=share):
            self.floor.works(person, day, rng)
            yield person

    def _jobs(self, day: int, rng: Random) -> None:
        for job in self.floor.jobs:
            if job.weekday in (None, self.calendar.weekday(day)):
                self.floor.runs(job, day, rng, build=job.build, columns=job.columns, size=job.size)

    def _repair(self, day: int, at_work: list[Person], rng: Random) -> None:
        """Somebody puts a range of records right, one after the other, with a ticket for each."""
        if day not in self.calendar.repairs:
            return
        person = rng.choice(at_work)
        first, at = rng.randrange(len(self.subjects)), day * DAY + (person.shift[0] + 1) * 3600
        for step in range(60):
            ordinal = (first + step) % len(self.subjects)
            if ordinal not in self.subjects.honeys:
                self.floor.handles(person, at + 60 * step, rng, ordinal=ordinal)

    def _news(self, day: int, at_work: list[Person], rng: Random) -> None:
        """Many teams have to do with one person."""
        if day in self.calendar.news:
            ordinal = self.floor.somebody(rng)
            for person in rng.sample(at_work, min(9, len(at_work))):
                at = day * DAY + (person.shift[0] + rng.random() * 7) * 3600
                self.floor.handles(person, at, rng, ordinal=ordinal)

    def _incident(self, day: int, at_work: list[Person], rng: Random) -> None:
        """Several cannot wait for an approval."""
        if day in self.calendar.incidents:
            for person in rng.sample(at_work, min(8, len(at_work))):
                at = day * DAY + (person.shift[0] + rng.random() * 7) * 3600
                self.floor.asks(person, at, (self.floor.somebody(rng),), rng, ticket="", is_emergency=True)

    def _insiders(self, day: int, at_work: list[Person]) -> None:
        present = {person.number for person in at_work}
        for plot in self.plots:
            is_their_day = plot.first <= day < plot.last
            is_there = plot.person.number in present or plot.script == "rogue job" or not plot.person.belongs(day)
            if is_their_day and is_there:
                SCRIPTS[plot.script](plot, day, self.floor)
