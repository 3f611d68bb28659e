"""One insider's plan: who, when, after which script, and whether they know the thresholds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from audit.simulation.company import Person
from audit.simulation.pen import DAY
from audit.simulation.work import Floor


@dataclass(slots=True)
class Plot:
    """An insider at work."""

    number: int
    script: str
    is_adaptive: bool
    """They know the thresholds and stay a tenth below."""
    person: Person
    first: int
    last: int
    rng: Random
    accomplice: Person | None = None
    actors: frozenset[str] = frozenset()
    """Whom an alert has to name to have found this insider."""
    memory: dict[str, Any] = field(default_factory=dict)

    def moment(self, day: int) -> float:
        """Draw a time within the working day."""
        begin, end = self.person.shift
        return day * DAY + begin * 3600 + self.rng.random() * (end - begin - 1) * 3600

    def strangers(self, floor: Floor, count: int) -> list[int]:
        """Draw people with whom nobody has business."""
        return [floor.somebody(self.rng) for _ in range(count)]

    def looks(self, floor: Floor, at: float, ordinals: list[int], *, pause: float = 60) -> float:
        """Open records one after the other; returns when that was done."""
        for ordinal in ordinals:
            floor.looks(self.person, at, floor.subjects.handles[ordinal], self.rng, plot=self.number)
            at += pause * (0.5 + self.rng.random())
        return at


Script = Callable[[Plot, int, Floor], None]
"""Does what the insider does on a day of theirs."""
