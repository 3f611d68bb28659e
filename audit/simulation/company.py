"""The people: who works in which team and when, and whose records there are. Nobody has a name, only a handle."""

from __future__ import annotations

import hashlib
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from uuid import UUID

from audit.simulation.configuration import Configuration

SHIFTS = ((6, 14), (8, 17), (9, 18), (13, 22))
"""Hours between which people work, UTC."""


RARE = 100
"""The most holders of a surname for which it is known who has it."""

STAYS = 100_000
"""A day that no run gets to."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a team is for: what it reads, and to what end."""

    name: str
    purpose: str
    columns: tuple[tuple[str, ...], ...]
    """What one access shows, one of these."""
    seldom: tuple[str, ...]
    """What it shows with temporary access."""


ROLES = (
    Role("support", "support", (("email", "phone"), ("email",), ("phone", "street")), ("birthday", "iban")),
    Role("billing", "billing", (("iban", "street"), ("iban",), ("email", "street")), ("birthday",)),
    Role("claims", "claims", (("birthday", "street"), ("phone",), ("email", "birthday")), ("diagnosis", "iban")),
    Role("field", "operation", (("street", "phone"), ("street",)), ("iban",)),
)


@dataclass(slots=True)
class Person:
    """One of the staff. Days are counted from the first of the run."""

    number: int
    actor: str
    team: int
    role: Role
    shift: tuple[int, int]
    subject: int
    manager: int | None = None
    leave: list[tuple[int, int]] = field(default_factory=list)
    """First and last day of each absence."""
    joined: int = -1000
    left: int = STAYS
    """The first day on which they do not belong any more."""
    moves: tuple[int, int] | None = None
    """The day on which they change their team, and to which."""
    pace: float = 1.0

    @property
    def leaves(self) -> bool:
        """Whether it is known that they leave."""
        return self.left < STAYS

    def belongs(self, day: int) -> bool:
        """Say whether they are employed on a day."""
        return self.joined <= day < self.left

    def is_away(self, day: int) -> bool:
        """Say whether they are on leave."""
        return any(first <= day <= last for first, last in self.leave)


class Subjects:
    """Whose records there are: keyed handles, surnames as rare as surnames are, and households."""

    def __init__(self, configuration: Configuration, *, seed: int) -> None:
        company, rng = configuration.company, Random(f"{seed}/subjects")
        self.handles = [handle_of(seed, ordinal) for ordinal in range(company.subjects)]
        # Zipf's law, with the exponent and shift that census tables of surnames show.
        weights = [*accumulate(1 / (rank + 8) ** 1.05 for rank in range(company.surnames))]
        top = weights[-1]
        self.surname = [0] * company.subjects
        self.household = [0] * company.subjects
        self.homes: list[list[int]] = []
        ordinals = list(range(company.subjects))
        rng.shuffle(ordinals)
        at = 0
        while at < len(ordinals):
            home = ordinals[at : at + 1 + poisson(rng, company.household - 1)]
            at += len(home)
            name = bisect(weights, rng.random() * top)
            for ordinal in home:
                self.household[ordinal] = len(self.homes)
                self.surname[ordinal] = name if rng.random() < 0.8 else bisect(weights, rng.random() * top)
            self.homes.append(home)
        self._holders: dict[int, list[int]] = {}
        for ordinal, name in enumerate(self.surname):
            self._holders.setdefault(name, []).append(ordinal)
        special = rng.sample(range(company.subjects), company.vips + company.honeys + _staff_in_all(configuration))
        self.vips = frozenset(special[: company.vips])
        self.honeys = frozenset(special[company.vips : company.vips + company.honeys])
        self.of_staff = special[company.vips + company.honeys :]
        self.employees = frozenset(self.of_staff)

    def __len__(self) -> int:
        return len(self.handles)

    def namesakes(self, ordinal: int) -> list[tuple[int, int]]:
        """Return who has somebody's surname and how many have it, if it is a rare one."""
        holders = self._holders[self.surname[ordinal]]
        return [(one, len(holders)) for one in holders if one != ordinal] if len(holders) <= RARE else []

    def family(self, ordinal: int) -> list[int]:
        """Return who lives with somebody."""
        return [one for one in self.homes[self.household[ordinal]] if one != ordinal]


class People:
    """The staff."""

    def __init__(self, configuration: Configuration, subjects: Subjects, *, seed: int) -> None:
        company, rng = configuration.company, Random(f"{seed}/people")
        days = configuration.work.days
        self.staff = [
            Person(
                number=number,
                actor=str(id_of(seed, "staff", number)),
                team=number % company.teams,
                role=ROLES[number % company.teams % len(ROLES)],
                shift=SHIFTS[rng.choices((0, 1, 2, 3), (2, 5, 4, 1))[0]],
                subject=subjects.of_staff[number],
                pace=rng.lognormvariate(0, 0.25),
            )
            for number in range(_staff_in_all(configuration))
        ]
        self._come_and_go(rng, company.staff, days)
        for person in self.staff:
            person.leave = _absences(rng, days)
            manager = self.staff[person.team]
            person.manager = None if manager is person else manager.number
        movable = self.staff[company.teams : company.staff]
        for person in rng.sample(movable, round(company.role_moves * len(movable))):
            person.moves = (rng.randrange(7, max(8, days)), rng.randrange(company.teams))

    def _come_and_go(self, rng: Random, at_first: int, days: int) -> None:
        joiners = self.staff[at_first:]
        teams = 1 + max(person.team for person in self.staff)
        leavers = rng.sample(self.staff[teams:at_first], min(len(joiners), at_first - teams))
        for person in joiners:
            person.joined = rng.randrange(5, max(6, days))
        for person in leavers:
            person.left = rng.randrange(max(5, days // 3), days + 10)

    def moving(self, day: int) -> Iterator[Person]:
        """Move whoever changes their team on a day, and say who that is."""
        for person in self.staff:
            if person.moves and person.moves[0] == day:
                person.team = person.moves[1]
                person.role = ROLES[person.team % len(ROLES)]
                yield person

    def on_duty(self, day: int, weekday: int, rng: Random, *, weekend: float) -> Iterator[Person]:
        """Return who works on a day."""
        for person in self.staff:
            if not person.belongs(day) or person.is_away(day):
                continue
            if weekday < 5 or rng.random() < weekend:
                yield person


def _staff_in_all(configuration: Configuration) -> int:
    return round(configuration.company.staff * (1 + configuration.company.turnover))


def _absences(rng: Random, days: int) -> list[tuple[int, int]]:
    """Holidays of one or two weeks, about one in six weeks, and a few days of illness."""
    absences: list[tuple[int, int]] = []
    for length, mean in ((5, days / 90), (12, days / 120), (1, days / 60)):
        for _ in range(poisson(rng, mean)):
            first = rng.randrange(days)
            absences.append((first, first + length - 1))
    return absences


def poisson(rng: Random, mean: float) -> int:
    """Draw a count (Knuth, TAOCP volume 2, 3.4.1); a normal approximation where the mean is large."""
    if mean <= 0:
        return 0
    if mean > 60:
        return max(0, round(rng.gauss(mean, mean**0.5)))
    limit, count, product = 2.718281828459045**-mean, 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count


def handle_of(seed: int, ordinal: int) -> str:
    """Return the handle under which the book knows a simulated person or key."""
    return hashlib.blake2b(f"{seed}/{ordinal}".encode(), digest_size=16).hexdigest()


def id_of(seed: int, what: str, number: int) -> UUID:
    """Return the id of something simulated."""
    drawn = hashlib.blake2b(f"{seed}/{what}/{number}".encode(), digest_size=16).digest()
    return UUID(bytes=drawn, version=4)
