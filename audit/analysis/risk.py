"""How much there is against somebody: evidence adds up and fades."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

HALF_LIFE = timedelta(days=14)
SHOWN_FROM = 5.0
"""Nats from which an alert is worth a reviewer's time by itself; what is below waits until other evidence joins it."""
PER_DAY = 10
"""Findings that people are asked to look at in a day: the score counts precision at as many."""


class Evidence(Protocol):
    """An alert as far as its weight goes, as the engine has it or as it was kept."""

    @property
    def id(self) -> UUID: ...

    @property
    def rule(self) -> str: ...

    @property
    def actor(self) -> str: ...

    @property
    def nats(self) -> float: ...

    @property
    def at(self) -> datetime: ...

    @property
    def is_raised(self) -> bool: ...


E = TypeVar("E", bound=Evidence)


def faded(nats: float, age: timedelta) -> float:
    """Return what is left of evidence after a while; evidence of the future counts as if it were of now."""
    return float(nats * 0.5 ** (max(timedelta(0), age) / HALF_LIFE))


def risk_of_actors(alerts: Iterable[Evidence], *, now: datetime) -> dict[str, float]:
    """Return the evidence against every actor in nats, faded by the age of each alert.

    Of the alerts of one rule the strongest counts: they say the same again, and only different rules add up.
    """
    strongest: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for alert in alerts:
        if alert.is_raised and alert.actor:
            of_actor = strongest[alert.actor]
            of_actor[alert.rule] = max(of_actor.get(alert.rule, 0.0), faded(alert.nats, now - alert.at))
    return {actor: sum(of_actor.values()) for actor, of_actor in strongest.items()}


def urgency(alert: Evidence, risk: Mapping[str, float]) -> float:
    """Return how soon an alert is to be looked at: its own evidence, and half of what else there is."""
    return alert.nats + max(0.0, risk.get(alert.actor, 0.0) - alert.nats) / 2


def most_urgent(alerts: Iterable[E], *, risk: dict[str, float], most: int) -> list[E]:
    """Return the alerts that a day's reviewers look at: by their own evidence and half of what else there is."""

    raised = (alert for alert in alerts if alert.is_raised and urgency(alert, risk) >= SHOWN_FROM)
    return sorted(raised, key=lambda alert: (-urgency(alert, risk), str(alert.id)))[:most]
