"""Findings in the order in which they deserve to be looked at. Everything here runs inside an environment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count

from audit.analysis.risk import HALF_LIFE, SHOWN_FROM
from audit.models import Alert, Finding
from audit.models.analysis import CONFIRMED, OPEN, STATES

LOOKED_BACK = 8 * HALF_LIFE
"""Evidence of before has faded to less than a two hundred and fiftieth."""


_URGENT = """
with wanted as (
    select f.id, f.opened_at, a.actor, a.nats from audit_finding f join audit_alert a on a.id = f.id
    where f.state = any(%(states)s) and (%(ids)s::uuid[] is null or f.id = any(%(ids)s))
), strongest as (
    select a.actor, max(a.nats * power(0.5::float8,
        greatest(0, extract(epoch from %(now)s::timestamptz - a.at))::float8 / %(half_life)s::float8)) as nats
    from audit_finding f join audit_alert a on a.id = f.id
    where f.state = any(%(against)s) and a.at > %(since)s and a.count >= a.threshold and a.actor <> ''
        and a.actor in (select actor from wanted)
    group by a.actor, a.rule
), risk as (
    select actor, sum(nats) as nats from strongest group by actor
), urgent as (
    select w.id, w.opened_at, w.nats + greatest(0, coalesce(r.nats, 0) - w.nats) / 2 as urgency
    from wanted w left join risk r on r.actor = w.actor
)
"""
"""What `audit.analysis.risk` says of alerts, worked out where they are.

Against somebody counts what is open and what was confirmed: what was explained, or was none, says nothing more.
"""

_HOW_MANY = f"{_URGENT} select count(*) from urgent where urgency >= %(shown)s"  # noqa: S608  two texts from here
_IN_ORDER = f"""{_URGENT}
select id, urgency from urgent order by round(urgency::numeric, 9) desc, opened_at, id
limit %(most)s offset %(first)s
"""  # noqa: S608  two texts from here


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


def by_urgency(*, now: datetime, states: tuple[str, ...] = OPEN, first: int = 0, most: int) -> list[Ranked]:
    """Return at most so many findings of some states from a place of their order on: the most urgent first, of two
    alike the older one.
    """
    return _ranked(_horizon(now) | {"states": [*states], "ids": None, "first": first, "most": most})


def ranked_of(findings: Iterable[Finding], *, now: datetime) -> list[Ranked]:
    """Return some findings, whatever their state, with how urgent they are: the most urgent first."""
    ids = [each.id for each in findings]
    return _ranked(_horizon(now) | {"states": [*STATES], "ids": ids, "first": 0, "most": len(ids)})


def worth_a_look(*, now: datetime) -> int:
    """Return how many open findings are worth a reviewer's time by themselves."""
    asked = _horizon(now) | {"states": [*OPEN], "ids": None, "shown": SHOWN_FROM}
    with connection.cursor() as cursor:
        cursor.execute(_HOW_MANY, asked)
        return int(cursor.fetchone()[0])


def _ranked(asked: dict[str, Any]) -> list[Ranked]:
    with connection.cursor() as cursor:
        cursor.execute(_IN_ORDER, asked)
        found: list[tuple[UUID, float]] = cursor.fetchall()
    ids = [each for each, _ in found]
    findings = Finding.objects.in_bulk(ids)
    alerts = Alert.objects.defer("why", "evidence").in_bulk(ids)
    return [Ranked(findings[each], alerts[each], urgency) for each, urgency in found if each in alerts]


def _horizon(now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "since": now - LOOKED_BACK,
        "against": [*OPEN, CONFIRMED],
        "half_life": HALF_LIFE.total_seconds(),
    }


def line_of(alert: Alert) -> tuple[str, date | UUID]:
    """Return what findings have alike that are one line to look at: one person's day; of nobody each is its own."""
    return (alert.actor, alert.at.astimezone(UTC).date()) if alert.actor else ("", alert.id)


def lines_decided_since(moment: datetime) -> int:
    """Return how many lines the findings are that were decided since."""
    decided = Finding.objects.filter(decided_at__gte=moment).values("id")
    return len({line_of(each) for each in Alert.objects.filter(id__in=decided).only("id", "actor", "at")})


def count_by_state() -> dict[str, int]:
    """Return how many findings there are of each state, also of those that none has."""
    counted = dict(Finding.objects.order_by().values_list("state").annotate(Count("id")))
    return {state: counted.get(state, 0) for state in STATES}


def found_by_rule(*, since: datetime) -> dict[str, int]:
    """Return how many findings each rule opened since; rules that found nothing are left out."""
    opened = Finding.objects.filter(opened_at__gte=since).values("id")
    return dict(Alert.objects.filter(id__in=opened).order_by().values_list("rule").annotate(Count("id")))
