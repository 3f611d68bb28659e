"""Which days are unlike others: seasons of the week and the month, incidents, campaigns, outages, repairs, news."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from audit.simulation.configuration import Configuration

WEEKDAYS = (1.25, 1.1, 1.0, 1.0, 0.9, 0.8, 0.6)
"""How much there is to do from Monday to Sunday."""


class Calendar:
    """What is particular about each day of a run."""

    def __init__(self, configuration: Configuration, *, seed: int) -> None:
        self._configuration = configuration
        rng, days, bursts = Random(f"{seed}/calendar"), configuration.work.days, configuration.bursts
        working = [day for day in range(days) if self.weekday(day) < 5]
        self.incidents = frozenset(_some(rng, working, bursts.incidents))
        self.repairs = frozenset(_some(rng, working, bursts.repairs))
        self.news = frozenset(_some(rng, working, bursts.news))
        self.outages = frozenset(_some(rng, working, configuration.noise.outages))
        teams = configuration.company.teams
        self._campaigns = {
            (day, team)
            for first in _some(rng, working, bursts.campaigns)
            for team in (rng.randrange(teams),)
            for day in range(first, first + 5)
        }

    def weekday(self, day: int) -> int:
        """Return 0 for a Monday, 6 for a Sunday."""
        return (self._configuration.work.first_day.weekday() + day) % 7

    def factor(self, day: int, team: int) -> float:
        """Say how much there is to do for a team, 1 being an ordinary Wednesday."""
        factor = WEEKDAYS[self.weekday(day)]
        if day in self.incidents:
            factor *= 1.6
        if (day, team) in self._campaigns:
            factor *= 2.2
        today = self._configuration.work.first_day + timedelta(days=day)
        if team % 4 == 1 and (today + timedelta(days=3)).month != today.month:
            factor *= self._configuration.bursts.month_end
        return factor

    def forgetting(self, day: int) -> float:
        """Say how much likelier than usual it is that nobody writes a ticket."""
        return 2.5 if day in self.incidents else 1.0


def _some(rng: Random, days: list[int], count: int) -> list[int]:
    return rng.sample(days, min(count, len(days)))
