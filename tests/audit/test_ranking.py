"""The order of findings that the database works out is the one that the analysis says, ties and pages included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from audit.analysis.ranking import by_urgency, ranked_of, worth_a_look
from audit.analysis.risk import SHOWN_FROM, risk_of_actors, urgency
from audit.models import Alert, Finding
from audit.models.analysis import CONFIRMED, OPEN, STATES
from keyring.walls import in_environment
from tests import cast

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ACTORS, RULES, WEIGHTS, AGES = ("", "a", "b", "c"), ("D1", "D2", "D3"), (0.5, 4.0, 4.0, 12.0), (-1, 0, 14, 200)
"""Ages in days: one is of the future, as clocks are apart, and one has faded away."""
pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> UUID:
    """An environment with a finding of every actor, rule, weight and age, which are alike in many ways."""
    environment = cast.new_environment().id
    alerts, findings = [], []
    for number, (actor, rule, nats, age) in enumerate(product(ACTORS, RULES, WEIGHTS, AGES)):
        # Ids do not have the order in which they are made, and half of the findings were opened at one moment.
        key, at = UUID(int=(number * 7919) % 100_003 << 64 | number), NOW - timedelta(days=age)
        alerts.append(
            Alert(
                id=key, environment_id=environment, rule=rule, version=1, severity="high", action="review", key="",
                window_start=at, threshold=1 + number % 2, count=1 + number % 3, nats=nats, actor=actor,
                actor_kind="operator", grant="", subject="", why={}, evidence={}, at=at,
            )
        )  # fmt: skip
        state, opened = STATES[number % len(STATES)], NOW - timedelta(hours=number % 2 and number)
        findings.append(Finding(id=key, environment_id=environment, state=state, opened_at=opened))
    with in_environment(environment):
        Alert.objects.bulk_create(alerts)
        Finding.objects.bulk_create(findings)
    return environment


def expected(states: tuple[str, ...]) -> list[tuple[UUID, float]]:
    """Return the order as the analysis has it without a database."""
    rows = {each.id: each for each in Finding.objects.all()}
    alerts = {each.id: each for each in Alert.objects.all()}
    since = NOW - timedelta(days=8 * 14)
    against = [alerts[key] for key, row in rows.items() if row.state in (*OPEN, CONFIRMED) and alerts[key].at > since]
    risk = risk_of_actors(against, now=NOW)
    told = [(key, urgency(alerts[key], risk)) for key, row in rows.items() if row.state in states]
    return sorted(told, key=lambda each: (-round(each[1], 9), rows[each[0]].opened_at, str(each[0])))


@pytest.mark.parametrize("states", [OPEN, ("new",), ("assigned",), (CONFIRMED,), ("explained",)], ids=",".join)
def test_the_database_orders_findings_as_the_analysis_does(here: UUID, states: tuple[str, ...]) -> None:
    with in_environment(here):
        order = expected(states)
        told = by_urgency(now=NOW, states=states, most=1000)
        assert len(told) == len(order) > 30
        assert [each.finding.id for each in told] == [key for key, _ in order]
        assert [each.urgency for each in told] == pytest.approx([nats for _, nats in order])
        assert len({round(nats, 9) for _, nats in order}) < len(order), "some are alike"
        paged = [by_urgency(now=NOW, states=states, first=first, most=7) for first in range(0, len(order) + 7, 7)]
        assert [each for page in paged for each in page] == told


def test_what_is_worth_a_look_is_counted_without_being_read(here: UUID) -> None:
    with in_environment(here):
        worth = sum(nats >= SHOWN_FROM for _, nats in expected(OPEN))
        assert 0 < worth < len(expected(OPEN))
        assert worth_a_look(now=NOW) == worth
        few = list(Finding.objects.order_by("id")[:5])
        assert {each.finding.id: each.urgency for each in ranked_of(few, now=NOW)} == pytest.approx(
            {key: nats for key, nats in expected(STATES) if key in {each.id for each in few}}
        )


def test_findings_of_another_environment_weigh_nothing_here(here: UUID) -> None:
    elsewhere = cast.new_environment().id
    with in_environment(elsewhere):
        assert (by_urgency(now=NOW, most=9), worth_a_look(now=NOW)) == ([], 0)
        assert ranked_of([], now=NOW) == []
