"""The book counted by the hour: sealed entries only, each once, behind the walls, also where bodies are gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import queries
from audit.actions import rollups
from audit.actions.rollups import roll_up, roll_up_anew
from audit.actors import SYSTEM, Actor
from audit.bodies import compose
from audit.errors import RollUpRefused
from audit.events import declared
from audit.models import HourlyCount, RollUpCursor
from audit.recorder import append
from audit.rollups.counting import FACTS, PARTS, Sums, read_parts
from audit.rollups.totals import raised, totals
from audit.tasks import roll_up_everywhere
from keyring.walls import in_environment
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import sealing, turned_until
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, OTHER, SERVICE

pytestmark = pytest.mark.django_db(transaction=True)

ANN = Actor("operator", UUID(int=0xA))
ACCESSOR = UUID(int=0xACC)
EVER = {"since": datetime(2020, 1, 1, tzinfo=UTC), "until": datetime(2120, 1, 1, tzinfo=UTC)}


def now() -> datetime:
    return datetime.now(UTC)


def reads(count: int, *, environment: UUID = ENVIRONMENT, actor: Actor = ANN, **facts: Any) -> None:
    for _ in range(count):
        told = {
            "accessor": ACCESSOR,
            "purposes": ["support"],
            "columns": ["email", "phone"],
            "rows": 1,
            "selector": "x",
        }
        handles = {"subjects": [uuid4().hex]}
        append(declared()["accessor.executed"], environment_id=environment, actor=actor, facts=told | handles | facts)


def sealed(role_url: AddressOf, size: int) -> None:
    with sealing(role_url) as sealer:
        turned_until(sealer, size)


def all_in(environment: UUID = ENVIRONMENT) -> Sums:
    return totals(environment_id=environment, **EVER)[()]


def test_what_is_sealed_is_counted_once_and_what_is_not_is_not(role_url: AddressOf) -> None:
    reads(3)
    assert roll_up(ENVIRONMENT, now=now()) == 0
    sealed(role_url, 3)
    assert [roll_up(ENVIRONMENT, now=now()) for _ in range(3)] == [3, 0, 0]
    assert all_in() == Sums(entries=3, people=3, rows=3, values=6)


def test_it_is_counted_by_who_what_why_and_how_it_ended(role_url: AddressOf) -> None:
    reads(2, purposes=["support", "billing"], subjects=[uuid4().hex, uuid4().hex], rows=2)
    append(declared()["accessor.executed"], environment_id=ENVIRONMENT, actor=SERVICE, facts={}, outcome="refused")
    append(OTHER, environment_id=ENVIRONMENT, actor=SYSTEM, facts={"count": 7})
    sealed(role_url, 4)
    roll_up(ENVIRONMENT, now=now())
    by = totals("actor_kind", "actor", "kind", "outcome", "accessor", environment_id=ENVIRONMENT, **EVER)
    assert by == {
        ("client", str(SERVICE.id), "accessor.executed", "refused", ""): Sums(1, 0, 0, 0),
        ("operator", str(ANN.id), "accessor.executed", "done", str(ACCESSOR)): Sums(2, 4, 4, 8),
        ("system", "", "example.other", "done", ""): Sums(1, 0, 0, 0),
    }
    assert totals("purpose", environment_id=ENVIRONMENT, **EVER) == {
        ("billing",): Sums(2, 4, 4, 8),
        ("support",): Sums(2, 4, 4, 8),
    }
    (hour,) = totals("hour", environment_id=ENVIRONMENT, kinds=["example.other"], **EVER)
    assert hour[0].minute == hour[0].second == 0 and abs(hour[0] - now()) < timedelta(hours=2)


def test_one_environment_sees_nothing_of_another(role_url: AddressOf) -> None:
    reads(2)
    reads(1, environment=ELSEWHERE)
    sealed(role_url, 3)
    assert roll_up_everywhere() == 6
    assert (all_in().entries, all_in(ELSEWHERE).entries) == (2, 1)
    assert not HourlyCount.objects.exists() and not RollUpCursor.objects.exists()
    assert run(role_url("app"), "select count(*) from audit_hourlycount", environment=ELSEWHERE) == [(1,)]


def test_a_transaction_that_dies_counts_nothing(role_url: AddressOf, monkeypatch: pytest.MonkeyPatch) -> None:
    reads(2)
    sealed(role_url, 2)
    monkeypatch.setattr(RollUpCursor, "save", _dies)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            roll_up(ENVIRONMENT, now=now())
    monkeypatch.undo()
    assert all_in().entries == 0
    assert roll_up(ENVIRONMENT, now=now()) == 2
    assert all_in().entries == 2


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_many_that_count_at_once_count_everything_once(role_url: AddressOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "MOST_AT_ONCE", 2)
    reads(8)
    sealed(role_url, 8)
    together = Barrier(3)

    def work() -> None:
        together.wait()
        for _ in range(3):
            roll_up(ENVIRONMENT, now=now())
        connections.close_all()

    threads = [Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert all_in().entries == 8


def test_counting_anew_finds_what_was_wrong_and_is_on_record(role_url: AddressOf) -> None:
    reads(3)
    sealed(role_url, 3)
    roll_up(ENVIRONMENT, now=now())
    with in_environment(ENVIRONMENT):
        HourlyCount.objects.update(entries=1000)
    out = StringIO()
    call_command("count_book", "--anew", "--environment", str(ENVIRONMENT), stdout=out)
    assert all_in().entries == 3 and "3 entries counted anew" in out.getvalue()
    (told,) = queries.entries(environment_id=ENVIRONMENT, kinds=["audit.counted_anew"])
    assert told.facts == {"months": [f"{now():%Y-%m}"], "entries": 3, "size": 3}


def test_hours_of_dropped_months_stay_and_a_month_that_goes_meanwhile_stops_it(
    role_url: AddressOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads(1)
    sealed(role_url, 1)
    roll_up(ENVIRONMENT, now=now())
    with in_environment(ENVIRONMENT):
        gone = HourlyCount.objects.get()
        gone.pk, gone.hour, gone.entries = uuid4(), gone.hour - timedelta(days=200), 41
        gone.save()
    assert roll_up_anew(SYSTEM, environment_id=ENVIRONMENT, now=now()) == 1
    assert all_in().entries == 42
    months = iter([rollups.months_with_bodies(), []])
    monkeypatch.setattr(rollups, "months_with_bodies", lambda: next(months))
    with pytest.raises(RollUpRefused):
        roll_up_anew(SYSTEM, environment_id=ENVIRONMENT, now=now())
    assert all_in().entries == 42


def test_what_comes_late_is_counted_in_the_hour_in_which_it_was_written(role_url: AddressOf) -> None:
    reads(1)
    with psycopg.connect(role_url("superuser")) as owner:  # a transaction that was open since before the last hours
        body = orjson.dumps({"kind": "example.other"}).decode()
        owner.execute(
            "insert into audit_entry (id, environment_id, kind, outcome, actor_kind, body, recorded_at) "
            "values (gen_random_uuid(), %s, 'example.other', 'done', 'system', %s, now() - interval '5 hours')",
            [ENVIRONMENT, body],
        )
    sealed(role_url, 2)
    assert roll_up(ENVIRONMENT, now=now()) == 2
    hours = [hour for (hour,) in totals("hour", environment_id=ENVIRONMENT, **EVER)]
    assert len(hours) == 2 and timedelta(hours=5) == hours[1] - hours[0]


def test_a_body_written_past_the_recorder_stops_nothing(role_url: AddressOf) -> None:
    for body in ("{", '{"facts":{"accessor":"x","columns":["a],"rows":9999999999999,"purposes":[1]}', "'\\"):
        run(
            role_url("app"),
            "select audit_append(%s, gen_random_uuid(), 'accessor.executed', 'done', 'client', null, null, null, 0, null, %s)",  # noqa: E501  one statement
            [ENVIRONMENT, body],
        )
    sealed(role_url, 3)
    assert roll_up(ENVIRONMENT, now=now()) == 3
    assert all_in() == Sums(entries=3)


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=_TEXT,
    selector=_TEXT,
    rows=st.integers(0, 10**6),
    names=st.lists(st.sampled_from(["a", "b-c", "rows", "columns", "purposes"]), unique=True),
)
def test_what_is_cut_out_of_a_body_is_what_it_says_whatever_its_texts(
    name: str, selector: str, rows: int, names: list[str]
) -> None:
    facts = {
        "accessor": ACCESSOR,
        "name": name,
        "columns": names,
        "purposes": names,
        "rows": rows,
        "selector": selector,
    }
    body = compose(
        declared()["accessor.executed"],
        entry_id=uuid4(),
        at=now(),
        environment_id=ENVIRONMENT,
        actor=ANN,
        facts=facts | {"purposes": names},
        outcome="done",
        decision_id=None,
        request_id='"facts":{"accessor":"',
    )
    statement = f"select {PARTS} from (select %s::text as body, 'accessor.executed' as kind) e, lateral (select {FACTS} as facts) cut"  # noqa: S608, E501  the counting's own fragments
    with connection.cursor() as cursor:
        cursor.execute(statement, [body])
        accessor, purposes, columns, counted = read_parts(*cursor.fetchone())
    assert (accessor, purposes, columns, counted) == (str(ACCESSOR), *[tuple(sorted(names))] * 2, rows)


def test_an_hour_far_above_the_week_before_stands_out_and_a_usual_one_does_not(role_url: AddressOf) -> None:
    begin, last = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=UTC)
    with in_environment(ENVIRONMENT):
        HourlyCount.objects.bulk_create(
            _hour(who, begin + timedelta(days=day, hours=9), 20 + day % 3)
            for who in ("ann", "bob")
            for day in range(29)
        )
        _hour("ann", last, 400).save()
        _hour("new", last, 400).save()
    found = raised(environment_id=ENVIRONMENT, since=begin, until=last + timedelta(hours=1))
    assert [(each.actor, each.hour, each.entries) for each in found] == [("ann", last, 400)]
    assert not raised(environment_id=ELSEWHERE, since=begin, until=last + timedelta(hours=1))


def _hour(actor: str, hour: datetime, entries: int) -> HourlyCount:
    sums = {"entries": entries, "people": entries, "rows": entries, "values": entries}
    return HourlyCount(
        id=uuid4(),
        environment_id=ENVIRONMENT, hour=hour, actor_kind="operator", actor=actor, kind="accessor.executed",
        outcome="done", accessor="", purposes=["support"], **sums,
    )  # fmt: skip
