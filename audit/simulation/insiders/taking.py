"""Who takes records away: at once, a few every day, one after the other, or in search of somebody."""

from __future__ import annotations

from audit.analysis.detections.enumeration import RUN
from audit.analysis.detections.searching import SEARCHES
from audit.analysis.detections.volume import TIMES
from audit.simulation.company import poisson
from audit.simulation.insiders.plots import Plot
from audit.simulation.work import Floor


def bulk(plot: Plot, day: int, floor: Floor) -> None:
    """Takes 250 records in an evening; who knows better less than three times a usual day, but often."""
    if plot.is_adaptive:
        if plot.rng.random() < 0.3:
            plot.looks(floor, plot.moment(day), plot.strangers(floor, round(16 * (TIMES.default - 1))), pause=40)
    elif day == plot.memory.setdefault("evening", day) or plot.rng.random() < 0.1:
        plot.looks(floor, plot.moment(day), plot.strangers(floor, 250), pause=12)


def drip(plot: Plot, day: int, floor: Floor) -> None:
    """Takes five more than the work needs, every day; who knows better one or two."""
    count = poisson(plot.rng, 1.4) if plot.is_adaptive else 5
    for stranger in plot.strangers(floor, count):
        plot.looks(floor, plot.moment(day), [stranger])


def enumerator(plot: Plot, day: int, floor: Floor) -> None:
    """Walks through the records in their order; who knows better leaves out some before a run gets long."""
    at = plot.memory.setdefault("at", int(plot.rng.random() * len(floor.subjects)))
    if plot.rng.random() > 0.35:
        return
    below = int(0.9 * RUN.default)
    length, run = (2 * below, below) if plot.is_adaptive else (100, 100)
    walked: list[int] = []
    while len(walked) < length:
        walked += [(at + step) % len(floor.subjects) for step in range(run)]
        at += run + (plot.rng.randrange(40, 400) if plot.is_adaptive else 0)
    plot.memory["at"] = at
    plot.looks(floor, plot.moment(day), walked, pause=15)


def initials(plot: Plot, day: int, floor: Floor) -> None:
    """Searches and searches and opens nothing; who knows better stops before the tenth time."""
    if plot.rng.random() > 0.35:
        return
    at, person = plot.moment(day), plot.person
    for stranger in plot.strangers(floor, int(SEARCHES.default) - 1 if plot.is_adaptive else 15):
        found = int(plot.rng.random() < 0.4)
        floor.pen.write(
            at, person.actor, "search", (floor.subjects.handles[stranger],) if found else (), resource="email",
            purposes=(person.role.purpose,), rows=found, facts={"found": found}, plot=plot.number,
        )  # fmt: skip
        at += 30 + plot.rng.random() * 60
    if plot.is_adaptive:
        plot.looks(floor, at, plot.strangers(floor, 1))
