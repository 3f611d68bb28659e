"""Sources are read again in one step: what was not done before is done in any case, and whoever was before is out."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Event

import pytest
import redis

from dataflow.engines.protocol import Done
from dataflow.engines.redis_reading import BUSY, DONE, DONE_BEFORE, Superseded, group_named
from dataflow.engines.redis_streams import RedisStreams
from dataflow.functions.registry import BUILTINS
from dataflow.grammar.flowfile import read_flow
from dataflow.grammar.spec import Import
from dataflow.packages.library import Package
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow
from dataflow.running.working import work_off
from tests.dataflow.published import CARDS

FLOW, SERVICE, BEGINNING = "tests/cards", "cleaning", "0-0"


def nothing(wanted: Import) -> Package:
    raise AssertionError(wanted)


@pytest.fixture
def plan() -> Plan:
    return plan_flow(read_flow(CARDS, "dataflow.yaml"), find=nothing, builtins=BUILTINS)


def run(plan: Plan, engine: RedisStreams) -> None:
    work_off(plan, engine, stop=Event(), told=lambda _: None)


def turned(engine: RedisStreams, reading: str, start: str = BEGINNING, guards: Iterable[str] = ()) -> int:
    former = engine.readings.of(FLOW)
    groups = (group_named(FLOW, SERVICE, former), group_named(FLOW, SERVICE, reading))
    streams = [(engine.stream("orders"), *groups)]
    return engine.readings.begin(FLOW, reading, streams=streams, start=start, guards=list(guards))


def written(engine: RedisStreams, *ids: int) -> None:
    for each in ids:
        engine.client.xadd(engine.stream("orders"), {"v": f"order {each}"}, id=f"{each}-0")


def clean(engine: RedisStreams) -> list[int]:
    found = engine.consume("clean", beginning=True, wait=None)
    return sorted(int(each.value.removeprefix(b"order ")) for each in found)


def test_everything_is_put_out_once_more_for_each_reading(engine: RedisStreams, plan: Plan) -> None:
    written(engine, 1000, 2000, 3000)
    run(plan, engine)
    assert turned(engine, "first") == DONE
    run(plan, engine)
    run(plan, engine)
    assert clean(engine) == [1000, 1000, 2000, 2000, 3000, 3000]
    assert turned(engine, "second") == DONE
    assert turned(engine, "second") == DONE_BEFORE
    run(plan, engine)
    assert clean(engine) == [1000] * 3 + [2000] * 3 + [3000] * 3
    assert engine.counters(FLOW)[SERVICE] == {"succeeded": 9}
    groups = engine.client.xinfo_groups(engine.stream("orders"))
    assert [each["name"] for each in groups] == [b"tests/cards:cleaning@second"]


def test_from_a_moment_on_only_what_came_then_is_read_again(engine: RedisStreams, plan: Plan) -> None:
    written(engine, 1000, 2000, 3000)
    run(plan, engine)
    turned(engine, "first", "1999-18446744073709551615")
    run(plan, engine)
    assert clean(engine) == [1000, 2000, 2000, 3000, 3000]


def test_what_was_not_done_is_done_whatever_moment_was_named(engine: RedisStreams, plan: Plan) -> None:
    written(engine, 1000)
    run(plan, engine)
    written(engine, 2000, 2001, 3000)
    taken = engine.intake(FLOW, SERVICE, [("orders", "0")], "slow").take(most=2, wait=0.01)
    assert taken is not None
    assert len(taken.entries) == 2
    turned(engine, "first", "9000-0")
    run(plan, engine)
    assert clean(engine) == [1000, 2000, 2001, 3000]


def test_a_service_that_has_never_run_reads_from_where_it_is_told(engine: RedisStreams, plan: Plan) -> None:
    written(engine, 1000, 2000)
    turned(engine, "first", "1000-0")
    run(plan, engine)
    assert clean(engine) == [2000]


@pytest.mark.parametrize("before", [(), (1000,)])
def test_no_service_begins_behind_what_there_is(engine: RedisStreams, plan: Plan, before: tuple[int, ...]) -> None:
    written(engine, *before)
    turned(engine, "first", "9000-18446744073709551615")
    written(engine, 2000, 3000)
    run(plan, engine)
    assert clean(engine) == [2000, 3000]


def test_whoever_worked_on_the_reading_before_writes_nothing_and_ends(engine: RedisStreams, plan: Plan) -> None:
    written(engine, 1000, 2000)
    slow = engine.intake(FLOW, SERVICE, [("orders", "0")], "slow")
    batch = slow.take(most=1, wait=0.01)
    assert batch is not None
    turned(engine, "first")
    assert slow.commit(batch, [[Done((), ((SERVICE, "succeeded"),))] for _ in batch.entries]) == 0
    with pytest.raises(Superseded):
        slow.take(most=1, wait=0.01)
    run(plan, engine)
    assert (clean(engine), engine.counters(FLOW)[SERVICE]) == ([1000, 2000], {"succeeded": 2})


def test_while_somebody_works_nothing_begins(engine: RedisStreams, client: redis.Redis, plan: Plan) -> None:
    written(engine, 1000)
    run(plan, engine)
    guard = engine.stream("") + "guard"
    client.set(guard, 1)
    assert turned(engine, "first", guards=[guard]) == BUSY
    assert engine.readings.of(FLOW) == ""
    client.delete(guard)
    assert turned(engine, "first", guards=[guard]) == DONE


def test_what_was_put_back_is_taken_once_by_the_reading_before_or_the_next(engine: RedisStreams, plan: Plan) -> None:
    intake = engine.intake(FLOW, SERVICE, [("orders", "0")], "failing")
    letters = engine.letters(FLOW)
    for number in (1000, 2000):
        written(engine, number)
        batch = intake.take(most=1, wait=0.01)
        assert batch is not None
        intake.commit(batch, [[Done((), ((SERVICE, "failed"),), "why")]])
    first, second = (each.id for each in letters.all())
    assert letters.replay([first]) == 1
    run(plan, engine)
    assert clean(engine) == [1000]
    assert letters.replay([second]) == 1
    (*_, (last, _)) = engine.client.xrange(engine.stream("orders"))
    turned(engine, "first", last.decode())
    run(plan, engine)
    assert clean(engine) == [1000, 2000]
