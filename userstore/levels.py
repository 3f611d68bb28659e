"""How much of a column somebody is shown: everything, a mask of it, or nothing; by itself and on demand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from userstore.models.accessors import LEVELS, NONE


def strictest(levels: Iterable[str]) -> str:
    """Return the level among these that shows least."""
    return max(levels, key=LEVELS.index)


@dataclass(frozen=True, slots=True)
class Shown:
    """What one is shown in rows, and what of one person's record on demand: nothing more, unless it says so."""

    level: str
    on_demand: str = ""

    def __post_init__(self) -> None:
        if not self.on_demand:
            object.__setattr__(self, "on_demand", self.level)

    @property
    def is_known(self) -> bool:
        """Whether both are levels."""
        return self.level in LEVELS and self.on_demand in LEVELS

    @property
    def shows_more_on_demand(self) -> bool:
        """Whether a demand shows at least what is shown without one."""
        return LEVELS.index(self.on_demand) <= LEVELS.index(self.level)


NOTHING_SHOWN = Shown(NONE)


def strictest_of(shown: Iterable[Shown]) -> Shown:
    """Return the least of several, in rows and on demand."""
    every = list(shown)
    return Shown(strictest(each.level for each in every), strictest(each.on_demand for each in every))
