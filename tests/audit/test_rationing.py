"""A rule that finds very much opens some findings and one for what is beyond; nothing of it is lost."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from audit.actions.alerting import keep_alerts
from audit.actions.rationing import BEYOND, PER_HOUR
from audit.analysis.rule import Alert as Found
from audit.analysis.rule import alert_id
from audit.models import Alert, Finding
from keyring.walls import in_environment
from tests.audit.vocabulary import ENVIRONMENT, OFFICER

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def told(rule: str, number: int, *, actor: str = "loud", nats: float = 6.0, action: str = "review") -> Found:
    key = f"{actor}:{number}"
    found = alert_id(rule, 1, key, NOW, scope=str(ENVIRONMENT))
    return Found(
        found, rule, 1, "high", action, key, NOW, 1, NOW, actor, "operator", count=1, nats=nats,
        evidence={number: UUID(int=number + 1)},
    )  # fmt: skip


def opened(found: list[Found], *, now: datetime = NOW, containing: Collection[str] = ()) -> list[Alert]:
    """Keep alerts and return those that opened a finding."""
    with in_environment(ENVIRONMENT):
        findings = keep_alerts(found, environment_id=ENVIRONMENT, now=now, containing=containing)
        return list(Alert.objects.filter(id__in=[each.id for each in findings]).order_by("key"))


def standing() -> list[tuple[str, object, float]]:
    with in_environment(ENVIRONMENT):
        rows = Alert.objects.filter(key__startswith=BEYOND).order_by("window_start", "at", "id")
        return [
            (each.rule, each.why["more"], each.nats) for each in rows if Finding.objects.filter(id=each.id).exists()
        ]


def test_what_is_beyond_the_ration_is_one_finding_and_all_alerts_are_kept() -> None:
    crowd = [told("D37", number, nats=6.0 + number / 100) for number in range(PER_HOUR + 10)]
    quiet = told("D37", 900, actor="quiet", nats=5.0)
    found = opened([*crowd, quiet])
    assert len(found) == PER_HOUR + 1 and "quiet" in {each.actor for each in found}
    assert standing() == [("D37", 11, pytest.approx(6.1))], "the weakest are left, and how much they weigh is said"
    with in_environment(ENVIRONMENT):
        assert Alert.objects.exclude(key__startswith=BEYOND).count() == len(crowd) + 1
        (one,) = Alert.objects.filter(key__startswith=BEYOND)
        assert len(one.evidence) == 11


def test_no_alert_is_counted_twice_and_each_opens_once_there_is_room() -> None:
    crowd = [told("D37", number) for number in range(PER_HOUR + 5)]
    opened(crowd)
    assert opened(crowd) == [], "found again within the hour"
    assert opened([told("D37", 500)]) == [] and standing()[0][1] == 6
    later = opened(crowd, now=NOW + HOUR)
    assert sorted({each.actor for each in later}) == ["loud"] and len(later) == 5
    assert not any(BEYOND in each.why for each in later)
    assert opened(crowd, now=NOW + HOUR) == []


def test_one_rule_takes_no_room_from_another_nor_the_first_of_anybody() -> None:
    assert len(opened([told("D37", number) for number in range(PER_HOUR - 1)])) == PER_HOUR - 1
    assert [each.rule for each in opened([told("D7", 1)])] == ["D7"]
    both = opened([told("D37", 700, nats=9.0), told("D37", 1, actor="quiet", nats=5.0)])
    assert [each.actor for each in both] == ["", "quiet"], "whoever was told of already waits, however strong it is"


@pytest.mark.parametrize(("containing", "many"), [(["D33"], PER_HOUR + 5), ([], PER_HOUR + 1)], ids=["stops", "tells"])
def test_what_is_to_be_stopped_is_never_left(containing: list[str], many: int) -> None:
    crowd = [told("D33", number, action="contain") for number in range(PER_HOUR + 5)]
    found = opened(crowd, containing=containing)
    assert len(found) == many
    with in_environment(ENVIRONMENT):
        due = Finding.objects.filter(containment="due").count()
    assert due == (many if containing else 0)


def test_what_is_left_after_somebody_decided_is_told_again() -> None:
    opened([told("D37", number) for number in range(PER_HOUR + 2)])
    with in_environment(ENVIRONMENT):
        one = Alert.objects.get(key__startswith=BEYOND)
        Finding.objects.filter(id=one.id).update(state="explained", decided_at=NOW, decided_by=OFFICER.id)
    (next_one,) = opened([told("D37", 500)])
    assert next_one.id != one.id and next_one.why == {"more": 1}
