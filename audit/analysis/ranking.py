"""Findings in the order in which they deserve to be looked at. Everything here runs inside an environment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from audit.analysis.risk import HALF_LIFE, SHOWN_FROM, risk_of_actors, urgency
from audit.models import Alert, Finding
from audit.models.analysis import CONFIRMED, OPEN, STATES

LOOKED_BACK = 8 * HALF_LIFE
"""Evidence of before has faded to less than a two hundred and fiftieth."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A finding with its alert, and how soon it is to be looked at, in nats."""

    finding: Finding
    alert: Alert
    urgency: float

    @property
    def is_waiting(self) -> bool:
        """Whether it is not worth a reviewer's time by itself, and waits until other evidence joins it."""
        return self.urgency < SHOWN_FROM


def by_urgency(*, now: datetime, states: tuple[str, ...] = OPEN) -> list[Ranked]:
    """Return the findings of some states, the most urgent first; of two alike the older one."""
    ranked = ranked_of(Finding.objects.filter(state__in=states), now=now)
    return sorted(ranked, key=lambda each: (-each.urgency, each.finding.opened_at, str(each.finding.id)))


def ranked_of(findings: Iterable[Finding], *, now: datetime) -> list[Ranked]:
    """Return findings with how urgent they are, in no order.

    Against somebody counts what is open and what was confirmed: what was explained, or was none, says nothing more.
    """
    rows = {each.id: each for each in findings}
    weighed = Alert.objects.defer("why", "evidence")
    against = weighed.filter(
        at__gt=now - LOOKED_BACK, id__in=Finding.objects.filter(state__in=[*OPEN, CONFIRMED]).values("id")
    )
    risk = risk_of_actors(against, now=now)
    return [Ranked(rows[each.id], each, urgency(each, risk)) for each in weighed.filter(id__in=rows)]


def decided_since(moment: datetime) -> int:
    """Return how many findings were decided since."""
    return Finding.objects.filter(decided_at__gte=moment).count()


def count_by_state() -> dict[str, int]:
    """Return how many findings there are of each state, also of those that none has."""
    counted = dict(Finding.objects.order_by().values_list("state").annotate(Count("id")))
    return {state: counted.get(state, 0) for state in STATES}


def found_by_rule(*, since: datetime) -> dict[str, int]:
    """Return how many findings each rule opened since; rules that found nothing are left out."""
    opened = Finding.objects.filter(opened_at__gte=since).values("id")
    return dict(Alert.objects.filter(id__in=opened).order_by().values_list("rule").annotate(Count("id")))
