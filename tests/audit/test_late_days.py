"""Entries that name a day which was over when they were written are looked at as part of that day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from audit.actions.analysing import close_days, look_on
from audit.actors import Actor
from audit.analysis.memory import LATE
from audit.events import declared
from audit.models import Alert, Finding, HourlyCount, Recollection
from audit.recorder import append
from keyring.walls import in_environment
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import sealing, turned_until
from tests.audit.vocabulary import ENVIRONMENT

pytestmark = pytest.mark.django_db(transaction=True)
ANN = Actor("operator", UUID(int=0xA))
NOW = datetime.now(UTC)
LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_sources(settings: object) -> None:
    settings.AUDIT_FACT_SOURCES = []  # type: ignore[attr-defined]  # pytest-django's


def looked(at: datetime, people: range) -> None:
    for number in people:
        facts = {"accessor": uuid4(), "subjects": [f"{number:032x}"], "columns": ["email"], "rows": 1}
        append(declared()["accessor.executed"], environment_id=ENVIRONMENT, actor=ANN, facts=facts, at=at)


def analysed(role_url: AddressOf) -> list[tuple[str, datetime, object]]:
    """Seal what there is, look at it and at the days; return what D1 found, in which day, of how many people."""
    with sealing(role_url) as sealer:
        turned_until(sealer, int(run(role_url("auditor"), "select count(*) from audit_entry")[0][0]))
    while look_on(ENVIRONMENT, now=NOW):
        pass
    close_days(ENVIRONMENT, now=NOW)
    with in_environment(ENVIRONMENT):
        alerts = Alert.objects.filter(rule="D1", id__in=Finding.objects.values("id")).order_by("window_start")
        return [(each.actor, each.window_start, each.why["unexplained"]) for each in alerts]


def test_a_day_that_was_over_long_ago_is_looked_at_as_a_whole(role_url: AddressOf) -> None:
    for day in range(9):
        looked(LONG_AGO + timedelta(days=day), range(9 if day in (0, 8) else 1))
    begin = LONG_AGO.replace(hour=0)
    found = analysed(role_url)
    assert found == [(str(ANN.id), begin + timedelta(days=day), 9) for day in (0, 8)]
    assert analysed(role_url) == found, "and once only"
    with in_environment(ENVIRONMENT):
        assert Recollection.objects.filter(topic=LATE).count() == 9
        assert all(
            last == closed
            for _, last, closed in Recollection.objects.filter(topic=LATE).values_list("value", flat=True)
        )


def test_what_comes_later_still_joins_what_there_was_of_the_day(role_url: AddressOf) -> None:
    looked(LONG_AGO, range(1))
    assert analysed(role_url) == []
    looked(LONG_AGO + timedelta(hours=1), range(1, 9))
    assert analysed(role_url) == [(str(ANN.id), LONG_AGO.replace(hour=0), 9)]
    with in_environment(ENVIRONMENT):
        (alert,) = Alert.objects.filter(rule="D1")
        assert len(alert.evidence) == 9, "those of before are among what shows it"


def test_an_entry_of_now_is_late_for_nothing(role_url: AddressOf) -> None:
    looked(NOW, range(9))
    assert len(analysed(role_url)) == 1
    with in_environment(ENVIRONMENT):
        assert not Recollection.objects.filter(topic=LATE).exists()


def test_an_hour_far_above_ones_own_is_told_of_from_the_counts_of_the_book(role_url: AddressOf) -> None:
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    with in_environment(ENVIRONMENT):
        HourlyCount.objects.bulk_create(_hour(hour - timedelta(days=day), 8 + day % 3) for day in range(1, 30))
        _hour(hour, 40).save()
    looked(NOW, range(40))
    analysed(role_url)
    with in_environment(ENVIRONMENT):
        (alert,) = Alert.objects.filter(rule="D38")
        assert (alert.actor, alert.why["accesses"], alert.why["usual"]) == (str(ANN.id), 40, 9)
        assert alert.nats < 5, "it waits until something else joins it"


def _hour(hour: datetime, entries: int) -> HourlyCount:
    sums = {"entries": entries, "people": entries, "rows": entries, "values": entries}
    return HourlyCount(
        id=uuid4(),
        environment_id=ENVIRONMENT, hour=hour, actor_kind="operator", actor=str(ANN.id), kind="accessor.executed",
        outcome="done", accessor="", purposes=["support"], **sums,
    )  # fmt: skip
