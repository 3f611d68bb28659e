"""Who of the staff plays which part, when, and how cleverly."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from types import MappingProxyType

from audit.simulation.company import People, Person
from audit.simulation.configuration import Configuration, ConfigurationRefused
from audit.simulation.insiders import covering, credentials, curiosity, taking
from audit.simulation.insiders.plots import Plot, Script
from audit.simulation.jobs import Program

SCRIPTS: Mapping[str, Script] = MappingProxyType(
    {
        "co-worker": curiosity.co_worker,
        "former partner": curiosity.former_partner,
        "famous": curiosity.famous,
        "bulk": taking.bulk,
        "slow drip": taking.drip,
        "enumerator": taking.enumerator,
        "initials": taking.initials,
        "fake ticket": covering.fake_ticket,
        "recycled reason": covering.recycled,
        "colluding approver": covering.colluding,
        "emergency": covering.emergency,
        "stolen token": credentials.stolen_token,
        "rogue job": credentials.rogue_job,
        "leaver": credentials.leaver,
    }
)
"""Every script by its name."""

WEEKS = {"bulk": 3, "slow drip": 8, "leaver": 3}
"""For how many weeks a script goes on; six where it does not say."""


def cast(configuration: Configuration, people: People, jobs: tuple[Program, ...], *, seed: int) -> list[Plot]:
    """Return the insiders of a run; those of the leaving staff leave when their part has it."""
    insiders, rng = configuration.insiders, Random(f"{seed}/insiders")
    unknown = set(insiders.without) - SCRIPTS.keys()
    if unknown:
        raise ConfigurationRefused(f"insiders.without: no script is called {', '.join(sorted(unknown))}")
    free = [one for one in people.staff[configuration.company.teams :] if one.joined < 0 and not one.leaves]
    free = [one for one in free if one.moves is None]
    rng.shuffle(free)
    plots: list[Plot] = []
    for name in SCRIPTS:
        for turn in range(insiders.each if name not in insiders.without else 0):
            if len(free) < 2:
                return plots
            is_adaptive = (rng.random() + turn) % 1 < insiders.adaptive
            plots.append(_plot(len(plots), name, is_adaptive, free, configuration, jobs, rng))
    return plots


def _plot(
    number: int,
    name: str,
    is_adaptive: bool,
    free: list[Person],
    configuration: Configuration,
    jobs: tuple[Program, ...],
    rng: Random,
) -> Plot:
    person, days = free.pop(), configuration.work.days
    length = min(7 * WEEKS.get(name, 6), max(5, days - configuration.insiders.first_day))
    first = configuration.insiders.first_day
    first += int(rng.random() * max(1, days - length - first))
    plot = Plot(number, name, is_adaptive, person, first, first + length, Random(rng.random()))
    plot.actors = frozenset({person.actor})
    if name == "colluding approver":
        teams = configuration.company.teams
        plot.accomplice = next((one for one in free if one.number % teams == person.number % teams), free[-1])
        free.remove(plot.accomplice)
        plot.actors |= {plot.accomplice.actor}
    elif name == "rogue job":
        plot.actors = frozenset({jobs[0].actor})
    elif name == "leaver":
        person.left = plot.last + 1 if is_adaptive else plot.first
    return plot
