"""On Redis Streams each message counts once, whoever is killed, stopped, or wakes up late."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from dataflow.deadletters.concealing import KeyFile, Unreadable
from dataflow.engines.protocol import Done, Output
from dataflow.engines.redis_streams import RedisStreams

COUNTED = (("s", "succeeded"),)


def passed_on(value: bytes) -> list[Done]:
    return [Done((Output("out", None, value),), COUNTED)]


def test_what_is_put_in_comes_out_once_and_is_counted(engine: RedisStreams) -> None:
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", [(None, b"a"), (b"k", b"b")])
    batch = intake.take(most=10, wait=1.0)
    assert batch is not None
    assert [(each.key, each.value) for each in batch.messages] == [(None, b"a"), (b"k", b"b")]
    assert intake.commit(batch, [passed_on(b"A"), [Done((Output("out", b"K", b"B"),), COUNTED)]]) == 2
    assert intake.take(most=10, wait=0.01) is None
    found = list(engine.consume("out", beginning=True, wait=None))
    assert [(each.key, each.value) for each in found] == [(None, b"A"), (b"K", b"B")]
    assert engine.counters("f") == {"s": {"succeeded": 2}}


def test_who_wakes_up_late_writes_nothing(engine: RedisStreams) -> None:
    late = engine.intake("f", "s", [("in", "0")], "late")
    engine.produce("in", [(None, b"1"), (None, b"2")])
    batch = late.take(most=10, wait=1.0)
    other = engine.intake("f", "s", [("in", "0")], "other")
    taken = other.take(most=10, wait=1.0)
    assert batch is not None
    assert taken is not None
    assert taken.messages == batch.messages
    assert other.commit(taken, [passed_on(b"1"), passed_on(b"2")]) == 2
    assert late.commit(batch, [passed_on(b"1"), passed_on(b"2")]) == 0
    assert [each.value for each in engine.consume("out", beginning=True, wait=None)] == [b"1", b"2"]
    assert engine.counters("f") == {"s": {"succeeded": 2}}


def test_reading_begins_where_it_is_said_and_goes_on_where_it_stood(engine: RedisStreams) -> None:
    engine.produce("in", [(None, b"before")])
    from_the_end = engine.intake("f", "end", [("in", "$")], "w")
    engine.produce("in", [(None, b"after")])
    batch = from_the_end.take(most=10, wait=1.0)
    assert batch is not None
    assert [each.value for each in batch.messages] == [b"after"]
    from_the_end.commit(batch, [[Done()]])
    engine.produce("in", [(None, b"later")])
    again = engine.intake("f", "end", [("in", "0")], "w2").take(most=10, wait=1.0)
    assert again is not None
    assert [each.value for each in again.messages] == [b"later"]


def test_what_failed_lies_sealed_among_the_dead_letters(
    engine: RedisStreams, client: redis.Redis, tmp_path: Path
) -> None:
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", [(b"key", b"123-45-6789")])
    batch = intake.take(most=10, wait=1.0)
    assert batch is not None
    intake.commit(batch, [[Done((), (("s", "failed"),), "mask: ValueError in line 2")]])
    ((_, fields),) = client.xrange(engine.dead("f"))
    assert fields[b"w"] == b"mask: ValueError in line 2"
    assert b"123-45" not in b"".join(fields.values())
    place = engine.dead("f").encode()
    opened = engine.conceal.unseal(fields[b"v"], place=place)
    assert opened.endswith(b"key123-45-6789")
    for wrong in (b"elsewhere", place):
        key = KeyFile(tmp_path / f"{len(wrong)}.key") if wrong == place else engine.conceal
        with pytest.raises(Unreadable):
            key.unseal(fields[b"v"], place=wrong)
    assert engine.counters("f") == {"s": {"failed": 1}}
