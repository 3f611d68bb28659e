"""One run of one company: what the analysis and simpler ways would have told, day by day, and what was true."""

from __future__ import annotations

import gc
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import process_time
from uuid import UUID

from audit.analysis.accesses import Access
from audit.analysis.detections import DETECTIONS
from audit.analysis.engine import Engine, forget_until
from audit.analysis.risk import SHOWN_FROM, risk_of_actors, urgency
from audit.analysis.rule import EPOCH, Day, Seen
from audit.simulation.configuration import Configuration, from_file
from audit.simulation.running import Simulation
from benchmarks.score import baselines

SAMPLES = frozenset({"R0"})
"""Rules that draw what to review whatever it is: a sample is no claim, and has a budget of its own."""


@dataclass(frozen=True, slots=True)
class Told:
    """An alert of a day: about whom, by which rule, how urgent, and which plots it is right about."""

    day: int
    who: str
    rule: str
    score: float
    plots: frozenset[int]


@dataclass(slots=True)
class Insider:
    """What one insider did, whatever anybody found."""

    script: str
    is_adaptive: bool
    exposed: dict[int, int] = field(default_factory=dict)
    """Day -> people whose records they saw, new that day."""


@dataclass(slots=True)
class Observed:
    """All that figures are made of."""

    seed: int
    days: int
    first_day: int
    accesses: int = 0
    planted: int = 0
    explained: int = 0
    looks: int = 0
    """Of these two the noise follows: the share of normal looks that nothing explains."""
    seconds: float = 0.0
    actor_days: int = 0
    insiders: list[Insider] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    planted_days: dict[tuple[int, str], frozenset[int]] = field(default_factory=dict)
    rankings: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    """Baseline -> day -> actors, the most suspicious first."""


def observe(path: Path, seed: int, *, scale: float = 1.0, days: int | None = None, forest: bool = True) -> Observed:
    """Run a company from a file through the analysis and the baselines.

    `scale` and `days` make it smaller; without `forest` the baseline that needs scikit-learn is left out.
    """
    configuration = from_file(path).scaled(scale)
    if days is not None:
        configuration = configuration.lasting(days)
    gc.disable()  # there are no cycles here, and a hundred thousand tickets to look through for them
    try:
        return _observe(configuration, seed, forest=forest)
    finally:
        gc.enable()


def _observe(configuration: Configuration, seed: int, *, forest: bool) -> Observed:
    simulation = Simulation(configuration, seed=seed)
    engine = Engine(DETECTIONS, facts=simulation.desk.facts)
    found = Observed(seed, configuration.work.days, configuration.insiders.first_day)
    found.insiders = [Insider(plot.script, plot.is_adaptive) for plot in simulation.plots]
    features = baselines.Features()
    sample = Random(f"{seed}/sample")
    told: set[UUID] = set()
    exposed: list[set[str]] = [set() for _ in simulation.plots]
    for number, accesses in simulation.by_day():
        happened = list(accesses)
        features.begin(number)
        if not happened:
            continue
        # To ask for the time costs as much as to look at an access, so it is asked for once a day.
        began = process_time()
        day = Day(simulation.pen.moment(number * 86_400).date(), [engine.see(access) for access in happened])
        found.seconds += process_time() - began
        planted: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
        for seen in day.seen:
            features.note(seen)
            found.accesses += 1
            plot = simulation.planted.get(seen.access.entry_id)
            if plot is None:
                _count(found, seen, engine)
            else:
                found.planted += 1
                planted[number, seen.access.actor].add(plot)
                _expose(found.insiders[plot], exposed[plot], seen.access, number)
        began = process_time()
        engine.close(day)
        forget_until(engine, day.date)
        found.seconds += process_time() - began
        truth = {key: frozenset(plots) for key, plots in planted.items()}
        found.planted_days |= truth
        if number >= found.first_day:
            found.told += _told(engine, told, number, truth, simulation.planted)
            found.rankings.setdefault("random sample", {})[number] = baselines.sampled(day, sample)
        else:
            told.update(alert.id for alert in engine.touched() if alert.is_raised)
    found.actor_days = features.actor_days(found.first_day)
    found.rankings["volume"] = features.by_volume(found.first_day)
    if forest:
        found.rankings["isolation forest"] = features.by_forest(found.first_day, seed=seed)
    return found


def _count(found: Observed, seen: Seen, engine: Engine) -> None:
    """Count how much of the normal work is explained, days without any tickets aside."""
    if seen.access.looks and not engine.ctx.facts.is_ticket_source_silent:
        found.looks += 1
        found.explained += seen.is_explained


def _expose(insider: Insider, known: set[str], access: Access, day: int) -> None:
    insider.exposed[day] = insider.exposed.get(day, 0) + len(set(access.subjects) - known)
    known.update(access.subjects)


def _told(
    engine: Engine,
    told: set[UUID],
    day: int,
    truth: dict[tuple[int, str], frozenset[int]],
    planted: dict[UUID, int],
) -> list[Told]:
    """Return what is new today. An alert is about an actor's day; one about a person is as right as its evidence."""
    new = []
    now = max((alert.at for alert in engine.alerts.values()), default=EPOCH)
    risk = risk_of_actors(engine.raised(), now=now)
    for alert in engine.touched():
        urgent = urgency(alert, risk)
        if not alert.is_raised or alert.id in told or alert.rule in SAMPLES or urgent < SHOWN_FROM:
            continue
        told.add(alert.id)
        if alert.actor:
            plots = truth.get((day, alert.actor), frozenset())
        else:
            plots = frozenset(planted[entry] for entry in alert.evidence.values() if entry in planted)
        who = alert.actor or f"about {alert.subject or alert.key}"
        new.append(Told(day, who, alert.rule, urgent, plots))
    return new
