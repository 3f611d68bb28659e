"""A topic that ends as a whole takes nothing with it that nobody counts, and its services begin where it is said."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis

from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.protocol import Done, Route, Whole
from dataflow.engines.redis_streams import RedisStreams
from tests.dataflow.test_expiry import OUT, WEEK, counted, intake_of, put, taken


@pytest.fixture
def engine(client: redis.Redis, tmp_path: Path) -> RedisStreams:
    keys = KeyFile(tmp_path / "flow.key")
    return RedisStreams(client, environment=uuid4().hex, conceal=keys, idle=0, sealed={"in": WEEK, "out": WEEK})


def end(engine: RedisStreams, topic: str) -> None:
    """Have a topic end as it does when nobody has written to it for long."""
    assert engine.client.pexpireat(engine.stream(topic), 1)


@pytest.mark.parametrize("first", ["reader", "writer", "rereader", "letter"])
def test_what_goes_with_a_topic_as_a_whole_counts_for_those_who_were_not_done_with_it(
    engine: RedisStreams, first: str
) -> None:
    intake = intake_of(engine)
    engine.produce("in", [(None, b"%d" % each) for each in range(5)])
    intake_of(engine, "late", start="$")
    engine.produce("in", [(None, b"5"), (None, b"6")])
    batch = intake.take(most=2, wait=0.01)
    assert batch is not None
    intake.commit(batch, [[OUT], [Done((), (("s", "failed"),), "why")]])
    assert intake.take(most=1, wait=0.01) is not None  # and its worker ends with it
    end(engine, "in")
    letters = engine.letters("example/f")
    if first == "writer":
        engine.produce("in", [(None, b"new")])
    elif first == "letter":
        assert letters.replay([each.id for each in letters.all()]) == 1
    elif first == "rereader":
        groups = (engine.stream("in"), "example/f:s", "example/f:s@again")
        assert engine.readings.begin("example/f", "again", streams=[groups], start="0-0", guards=[]) == 1
    again, before = intake_of(engine), {"succeeded": 1, "failed": 1, "expired": 5}
    assert (counted(engine), counted(engine, "late")) == (before, {"expired": 2})
    engine.produce("in", [(None, b"newer")])
    found = {"writer": [b"new", b"newer"], "letter": [b"1", b"newer"]}.get(first, [b"newer"])
    assert [each.value for each in taken(again).messages] == found
    end(engine, "in")
    assert intake_of(engine, "late", start="$").take(most=9, wait=0.01) is None
    assert counted(engine) == before | {"expired": 5 + len(found)}
    assert counted(engine, "late") == {"expired": 2 + len(set(found) - {b"1"})}


def test_nothing_counts_twice_that_was_taken_out_before_or_put_out_whole(engine: RedisStreams) -> None:
    intake = intake_of(engine)
    put(engine, "in", days=8, number=3)
    put(engine, "in", days=1, number=2)
    whole = Whole(Route(("clear",), (("s", "succeeded"),)), b"line")
    batch = taken(intake)
    intake.commit(batch, [whole, whole])
    engine.produce("in", [(None, b"1")])
    batch = taken(intake)
    engine.client.xtrim(engine.stream("in"), maxlen=0)
    engine.produce("in", [(None, b"2")])
    end(engine, "in")
    assert intake_of(engine).take(most=9, wait=0.01) is None
    assert counted(engine) == {"succeeded": 2, "expired": 5}
    assert intake.commit(batch, [[OUT]]) == 0
    engine.produce("in", [(None, b"3")])
    engine.drop("in")
    assert intake_of(engine).take(most=9, wait=0.01) is None
    assert counted(engine) == {"succeeded": 2, "expired": 5}


def test_who_worked_before_the_topic_was_counted_so_is_taken_up_where_it_stands(engine: RedisStreams) -> None:
    stream = engine.stream("in")
    engine.produce("in", [(None, b"%d" % each) for each in range(250)])
    ids = [id_ for id_, _ in engine.client.xrange(stream)]
    engine.client.xgroup_create(stream, "example/f:s", id=ids[9])
    intake = intake_of(engine)
    assert [len(intake.take(most=20, wait=0.01).entries)] == [20]
    end(engine, "in")
    intake_of(engine)
    assert counted(engine) == {"expired": 240}


@pytest.mark.parametrize("behind", [1, 2, 3, 4])
def test_workers_that_start_together_begin_where_it_is_said(engine: RedisStreams, behind: int) -> None:
    engine.produce("in", [(None, b"before")])
    sent = count(1)

    class Interrupted(redis.Redis):
        """Another worker starts behind one of its commands."""

        def execute_command(self, *command: Any, **options: Any) -> Any:
            told = super().execute_command(*command, **options)
            if next(sent) == behind:
                intake_of(engine, start="$", worker="other")
            return told

    environment = engine.stream("").split("{")[1].split("}")[0]
    with Interrupted.from_url(os.environ["REDIS_URL"]) as client:
        first = RedisStreams(client, environment=environment, conceal=engine.conceal, sealed={"in": WEEK})
        intake_of(first, start="$", worker="first")
    intake = intake_of(engine, start="$")
    engine.produce("in", [(None, b"after")])
    assert [each.value for each in taken(intake).messages] == [b"after"]
