"""What a worker asks for ahead, and sends without waiting, is neither lost nor done twice."""

from __future__ import annotations

from threading import Event
from uuid import uuid4

import pytest
import redis

from dataflow.engines import redis_intake
from dataflow.engines.protocol import Batch, Done, Output
from dataflow.engines.redis_sent import Sent
from dataflow.engines.redis_streams import RedisStreams
from dataflow.running import working
from dataflow.running.working import flow_id, work
from tests.dataflow.builtins import masking

OUT = Done((Output("out", None, b"A"),), (("s", "succeeded"),))


def values(batch: Batch | None) -> list[bytes]:
    assert batch is not None
    return [each.value for each in batch.messages]


def waiting(engine: RedisStreams, client: redis.Redis, group: str) -> int:
    return int(client.xpending(engine.stream("in"), group)["pending"])


def test_what_others_left_comes_before_what_is_ahead(engine: RedisStreams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_intake, "LOOK_FOR_LEFT_SECONDS", 0.0)
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", [(None, b"%d" % n) for n in range(5)])
    assert values(intake.take(most=2, wait=1.0)) == [b"0", b"1"]
    intake.look_ahead(most=2)
    assert not intake.is_ahead
    assert values(intake.take(most=2, wait=1.0)) == [b"0", b"1"]  # they were left for no time at all


def test_nothing_is_asked_for_twice(client: redis.Redis, engine: RedisStreams) -> None:
    engine = RedisStreams(client, environment=uuid4().hex, conceal=engine.conceal)
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", [(None, b"%d" % n) for n in range(5)])
    assert values(intake.take(most=2, wait=1.0)) == [b"0", b"1"]
    intake.look_ahead(most=2)
    intake.look_ahead(most=2)
    assert intake.is_ahead
    assert values(intake.take(most=2, wait=1.0)) == [b"2", b"3"]
    assert not intake.is_ahead
    assert waiting(engine, client, engine.group("f", "s")) == 4
    intake.look_ahead(most=2)
    assert values(intake.take(most=2, wait=1.0)) == [b"4"]
    intake.look_ahead(most=2)
    assert intake.take(most=2, wait=0.01) is None


def test_entries_of_two_topics_that_come_at_once_are_all_taken(engine: RedisStreams) -> None:
    intake = engine.intake("f", "s", [("in", "0"), ("too", "0")], "w")
    engine.produce("in", [(None, b"1")])
    engine.produce("too", [(None, b"2")])
    taken = [intake.take(most=10, wait=1.0), intake.take(most=10, wait=1.0)]
    assert [(each.topic, values(each)) for each in taken if each] == [("in", [b"1"]), ("too", [b"2"])]


def test_a_worker_that_is_stopped_finishes_what_it_asked_for(
    client: redis.Redis, engine: RedisStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "AT_ONCE", 3)
    engine = RedisStreams(client, environment=uuid4().hex, conceal=engine.conceal)
    plan, stop, done = masking(), Event(), list[int]()
    engine.produce("in", [(None, b"%d 123-45-6789" % n) for n in range(20)])

    def told(records: int) -> None:
        done.append(records)
        stop.set()

    work(plan, plan.services[0], engine, stop=stop, told=told)
    assert 3 <= sum(done) < 20
    assert engine.counters(flow_id(plan))["s"] == {"succeeded": sum(done)}
    assert waiting(engine, client, engine.group(flow_id(plan), "s")) == 0
    found = [each.value for each in engine.consume("out", beginning=True, wait=None)]
    assert found == [b"%d ***-**-****" % n for n in range(sum(done))]


def test_entries_whose_answer_never_came_are_left_for_later(
    engine: RedisStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", [(None, b"1"), (None, b"2")])
    assert values(intake.take(most=1, wait=1.0)) == [b"1"]
    monkeypatch.setattr(Sent, "answer", _lost)
    intake.look_ahead(most=1)
    assert intake.take(most=1, wait=0.01) is None
    assert not intake.is_ahead
    assert values(engine.intake("f", "s", [("in", "0")], "other").take(most=2, wait=1.0)) == [b"1", b"2"]


@pytest.mark.parametrize("lost", ["script", "connection", "answer"])
def test_a_commit_whose_answer_never_came_is_written_once(
    engine: RedisStreams, client: redis.Redis, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", [(None, b"a")])
    batch = intake.take(most=10, wait=1.0)
    assert batch is not None
    if lost == "script":
        client.script_flush()
        assert intake.committing(batch, [[OUT]])() == 1
    else:
        if lost == "connection":
            monkeypatch.setattr(Sent, "__init__", _not_connected)
            monkeypatch.setattr(Sent, "answer", _lost)
        wait = intake.committing(batch, [[OUT]])
        monkeypatch.setattr(Sent, "answer", _lost)
        assert wait() == (0 if lost == "answer" else 1)  # it was done, and is not done again
    assert [each.value for each in engine.consume("out", beginning=True, wait=None)] == [b"A"]
    assert engine.counters("f") == {"s": {"succeeded": 1}}


def _not_connected(self: Sent, *_: object) -> None:
    pass


def _lost(self: Sent) -> None:
    raise redis.ConnectionError("gone")


def test_a_refused_command_says_so_and_its_connection_serves_on(client: redis.Redis) -> None:
    sent = Sent(client, "XADD", "nothing")
    with pytest.raises(redis.ResponseError):
        sent.answer()
    assert Sent(client, "PING").answer() in (b"PONG", True)
