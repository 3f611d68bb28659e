"""Figures out of what was observed: precision, recall, what was exposed meanwhile, and how sure that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import mean, median

from benchmarks.score.observing import Observed

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an officer's inbox: somebody's day, and which plots it is right about."""

    day: int
    who: str
    plots: frozenset[int]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over seeds and where 95 % of the means of resampled seeds lie."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def inbox(observed: Observed, budget: int, *, without: str = "") -> list[Item]:
    """Return what the analysis shows when an officer reads so many a day: most urgent first, each once a day."""
    scores: dict[tuple[int, str], float] = defaultdict(float)
    plots: dict[tuple[int, str], frozenset[int]] = defaultdict(frozenset)
    for told in observed.told:
        if told.rule != without:
            scores[told.day, told.who] = max(told.score, scores[told.day, told.who])
            plots[told.day, told.who] |= told.plots
    by_day: dict[int, list[tuple[float, str]]] = defaultdict(list)
    for (day, who), score in scores.items():
        by_day[day].append((-score, who))
    return [Item(day, who, plots[day, who]) for day in sorted(by_day) for _, who in sorted(by_day[day])[:budget]]


def perfect(observed: Observed, budget: int) -> list[Item]:
    """Return what somebody would show who knows the truth; nobody can have more that is right."""
    by_day: dict[int, list[Item]] = defaultdict(list)
    for (day, who), plots in sorted(observed.planted_days.items()):
        if day >= observed.first_day:
            by_day[day].append(Item(day, who, plots))
    return [item for items in by_day.values() for item in items[:budget]]


def ranking(observed: Observed, baseline: str, budget: int, *, as_many: Iterable[Item] | None = None) -> list[Item]:
    """Return what a baseline shows; with `as_many` no more on a day than was shown there."""
    room: dict[int, int] = defaultdict(int)
    for item in as_many or ():
        room[item.day] += 1
    return [
        Item(day, who, observed.planted_days.get((day, who), frozenset()))
        for day, actors in observed.rankings[baseline].items()
        for who in actors[: budget if as_many is None else room[day]]
    ]


def precision(items: Sequence[Item]) -> float | None:
    """The share of what was shown that was right; None where nothing was shown."""
    return mean(bool(item.plots) for item in items) if items else None


def found_on(items: Iterable[Item]) -> dict[int, int]:
    """Return the day on which each plot was first right about."""
    days: dict[int, int] = {}
    for item in items:
        for plot in item.plots:
            days[plot] = min(item.day, days.get(plot, item.day))
    return days


def acting(observed: Observed) -> list[int]:
    """Return the plots of which anything came."""
    return [number for number, insider in enumerate(observed.insiders) if insider.exposed]


def recall(observed: Observed, items: Sequence[Item], *, only: Callable[[int], bool] = bool) -> float | None:
    """The share of insiders who were found; `only` picks whose plots count, None where there are none."""
    plots = [number for number in acting(observed) if only is bool or only(number)]
    found = found_on(items)
    return mean(number in found for number in plots) if plots else None


def exposure(observed: Observed, items: Sequence[Item]) -> tuple[list[int], list[int]]:
    """Return how many days after their first deed insiders were found, and how many people had been seen by then.

    Whoever was not found counts with all that they did.
    """
    found, days, people = found_on(items), [], []
    for number in acting(observed):
        exposed = observed.insiders[number].exposed
        first, last = min(exposed), found.get(number, observed.days)
        days.append(last - first)
        people.append(sum(count for day, count in exposed.items() if day <= last))
    return days, people


def shown_a_day(observed: Observed, items: Sequence[Item]) -> float:
    """How many lines the inbox got a day."""
    return len(items) / max(1, observed.days - observed.first_day)


def over_seeds(values: Iterable[float | None], *, seed: int = 1) -> Interval | None:
    """Return the mean over seeds with its interval (Efron, bootstrap percentiles); None where there is nothing."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    rng = Random(seed)
    means = sorted(mean(rng.choices(known, k=len(known))) for _ in range(RESAMPLES))
    return Interval(mean(known), means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1])


def middle(values: Sequence[float]) -> float:
    """The median, 0 where there is none."""
    return median(values) if values else 0.0
