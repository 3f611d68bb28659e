"""A batch that is its worker's still is acknowledged at once; where others took some, each entry is asked for."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow.deadletters.concealing import KeyFile
from dataflow.engines import redis_intake
from dataflow.engines.protocol import Batch, Entry, Outcome, Route, Whole
from dataflow.engines.redis_intact import INTACT
from dataflow.engines.redis_intake import RedisIntake
from dataflow.engines.redis_readers import Readers
from dataflow.engines.redis_sent import Sent
from dataflow.engines.redis_streams import RedisStreams

ROUTE = Route(("out",), (("s/mask", "succeeded"), ("s", "succeeded")))
LONG = "_committing"


def passed_on(batch: Batch) -> list[Outcome]:
    return [Whole(ROUTE, each.lines or b"") for each in batch.entries]


def given_out(intake: RedisIntake, most: int = 100) -> Batch:
    batch = intake.take(most=most, wait=0.05)
    assert batch is not None
    return batch


def put_out(engine: RedisStreams) -> list[bytes]:
    return [each.value for each in engine.consume("out", beginning=True, wait=None)]


def records(number: int) -> list[tuple[None, bytes]]:
    return [(None, b"%d" % n) for n in range(number)]


def calm(client: redis.Redis, engine: RedisStreams, frames: dict[str, int] | None = None) -> RedisStreams:
    """An engine in which nobody takes over what others have."""
    return RedisStreams(client, environment=uuid4().hex, conceal=engine.conceal, frames=frames)


@pytest.mark.parametrize("frame_in", [0, 2, 100])
@pytest.mark.parametrize("frame_out", [0, 3, 100])
def test_an_intact_batch_takes_the_short_script(
    client: redis.Redis, engine: RedisStreams, monkeypatch: pytest.MonkeyPatch, frame_in: int, frame_out: int
) -> None:
    engine = calm(client, engine, {"in": frame_in, "out": frame_out})
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", records(7))
    batch = given_out(intake)
    with monkeypatch.context() as patched:
        patched.setattr(RedisIntake, LONG, None)
        assert intake.commit(batch, passed_on(batch)) == 7
    assert put_out(engine) == [value for _, value in records(7)]
    assert engine.counters("f") == {"s/mask": {"succeeded": 7}, "s": {"succeeded": 7}}
    assert client.xpending(engine.stream("in"), engine.group("f", "s"))["pending"] == 0
    assert client.xinfo_consumers(engine.stream("in"), engine.group("f", "s")) == []
    assert client.xlen(engine.stream("out")) == -(-7 // max(1, frame_out)) if frame_in == 0 else True


def test_who_was_robbed_of_some_writes_the_others(client: redis.Redis, engine: RedisStreams) -> None:
    late = engine.intake("f", "s", [("in", "0")], "late")
    engine.produce("in", records(5))
    batch = given_out(late)
    other = engine.intake("f", "s", [("in", "0")], "other")
    taken = given_out(other, 2)
    assert [each.value for each in taken.messages] == [b"0", b"1"]
    assert late.commit(batch, passed_on(batch)) == 5  # nobody was faster
    assert other.commit(taken, passed_on(taken)) == 0
    engine.produce("in", [(None, b"5"), (None, b"6"), (None, b"7")])
    batch = given_out(late)
    monkey = engine.intake("f", "s", [("in", "0")], "monkey")
    taken = given_out(monkey, 2)
    assert monkey.commit(taken, passed_on(taken)) == 2
    assert late.commit(batch, passed_on(batch)) == 1
    assert put_out(engine) == [b"%d" % n for n in range(8)]
    assert engine.counters("f")["s"] == {"succeeded": 8}


def test_a_topic_that_is_gone_takes_nothing(client: redis.Redis, engine: RedisStreams) -> None:
    engine = calm(client, engine)
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", records(2))
    batch = given_out(intake)
    client.delete(engine.stream("in"))
    assert intake.commit(batch, passed_on(batch)) == 0
    assert put_out(engine) == []


def test_few_readers_are_enough(client: redis.Redis, engine: RedisStreams) -> None:
    engine = calm(client, engine)
    intake = engine.intake("f", "s", [("in", "0"), ("too", "0")], "w")
    for _ in range(10):
        engine.produce("in", records(2))
        engine.produce("too", records(2))
        for outcome in (passed_on, lambda batch: [[] for _ in batch.entries]):
            batch = given_out(intake)
            intake.look_ahead(most=100)
            intake.commit(batch, outcome(batch) if outcome is passed_on else [Whole(ROUTE, b"")] * len(batch.entries))
    assert intake.take(most=1, wait=0.01) is None
    for topic in ("in", "too"):
        assert len(client.xinfo_consumers(engine.stream(topic), engine.group("f", "s"))) <= 3


def test_a_reader_whose_answer_got_lost_is_not_counted_on(
    client: redis.Redis, engine: RedisStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = calm(client, engine)
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", records(4))
    with monkeypatch.context() as deaf:
        deaf.setattr(Sent, "answer", _heard_by_nobody)
        assert intake.take(most=2, wait=0.01) is None
    batch = given_out(intake, 2)
    assert [each.value for each in batch.messages] == [b"2", b"3"]
    ids = [each.id for each in batch.entries]
    client.xclaim(engine.stream("in"), engine.group("f", "s"), "robber", 0, ids)
    assert intake.commit(batch, passed_on(batch)) == 2
    assert put_out(engine) == [b"2", b"3"]
    waiting = client.xpending_range(engine.stream("in"), engine.group("f", "s"), min="-", max="+", count=9)
    assert len(waiting) == 2
    assert not any(each["message_id"] in ids for each in waiting)


def test_a_command_that_was_held_up_acknowledges_nothing_of_a_later_batch(
    client: redis.Redis, engine: RedisStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, held_up = calm(client, engine), list[tuple[bytes | str | int, ...]]()
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", records(6))
    first, send = given_out(intake, 2), Sent.__init__

    def hold_up(self: Sent, client: redis.Redis, *command: bytes | str | int) -> None:
        goes = command if held_up else ("PING",)
        held_up.append(command)
        send(self, client, *goes)

    with monkeypatch.context() as patched:
        patched.setattr(Sent, "__init__", hold_up)
        patched.setattr(Sent, "answer", _heard_by_nobody)
        intake.commit(first, passed_on(first))  # by the long script
    second = given_out(intake, 2)
    assert len(second.entries) == len(first.entries)
    (waiting,) = client.xinfo_consumers(engine.stream("in"), engine.group("f", "s"))
    assert waiting["name"].decode() in held_up[0]  # the reader is used again
    client.script_load(INTACT)
    assert client.execute_command(*held_up[0]) == -1
    assert intake.commit(second, passed_on(second)) == 2
    third = given_out(intake, 2)
    assert intake.commit(third, passed_on(third)) == 2
    assert put_out(engine) == [value for _, value in records(6)]
    assert engine.counters("f")["s"] == {"succeeded": 6}


def test_a_reader_is_free_again_once_all_parts_of_its_batch_are_done() -> None:
    readers = Readers("w")
    batch = Batch("in", [Entry(b"%d-0" % n, b"") for n in range(3)])
    first, last = Batch("in", batch.entries[:1]), Batch("in", batch.entries[1:])
    reader = readers.next()
    readers.answered(reader, 1)
    readers.gave(reader, batch)
    assert readers.of(batch) == reader
    readers.shrunk(batch, Batch("in", list(batch.entries)))
    assert readers.of(batch) == ""
    assert readers.next() != reader
    readers.done(first)
    readers.shrunk(last, Batch("in", batch.entries[2:]))
    assert readers.next() != reader
    readers.done(Batch("in", batch.entries[2:]))
    assert readers.next() == reader


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "take", "rob", "ahead", "commit", "commit", "unheard", "lost", "produce", "die"]),
        st.integers(0, 1),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=max(30, settings().max_examples // 10))
@given(steps=STEPS, sizes=st.lists(st.integers(1, 4), min_size=2, max_size=2))
def test_whoever_takes_loses_and_commits_whatever_each_record_counts_once(
    steps: list[tuple[str, int]], sizes: list[int]
) -> None:
    with (
        TemporaryDirectory() as folder,
        redis.Redis.from_url(os.environ["REDIS_URL"]) as client,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(redis_intake, "TRIES_TOGETHER", 1_000)
        engine = RedisStreams(client, environment=uuid4().hex, conceal=KeyFile(Path(folder) / "key"), idle=0)
        workers = [_Worker(engine, size, patched) for size in sizes]
        made = 0
        for step, who in [("produce", 0), *steps, ("produce", 0)]:
            if step == "produce":
                made += engine.produce("in", [(None, b"%d" % (made + n)) for n in range(3)])
            elif step == "die":
                workers[who] = _Worker(engine, sizes[who], patched)
            else:
                getattr(workers[who], step)()
        last = _Worker(engine, 10, patched)
        while last.rob():
            last.commit()
        assert Counter(put_out(engine)) == Counter(b"%d" % n for n in range(made))
        assert engine.counters("f")["s"] == {"succeeded": made}


class _Worker:
    """A worker that does what it is told; who robs takes over what others have, and what is its own."""

    def __init__(self, engine: RedisStreams, size: int, patched: pytest.MonkeyPatch) -> None:
        self._intake = engine.intake("f", "s", [("in", "0")], uuid4().hex)
        self._size, self._patched, self._held = size, patched, list[Batch]()

    def take(self, look: float = 3600.0) -> bool:
        self._patched.setattr(redis_intake, "LOOK_FOR_LEFT_SECONDS", look)
        batch = self._intake.take(most=self._size, wait=0.001)
        self._held += [batch] if batch else []
        return batch is not None

    def rob(self) -> bool:
        return self.take(0.0)

    def ahead(self) -> None:
        self._patched.setattr(redis_intake, "LOOK_FOR_LEFT_SECONDS", 3600.0)
        self._intake.look_ahead(most=self._size)

    def lost(self) -> None:
        with pytest.MonkeyPatch.context() as deaf:
            deaf.setattr(Sent, "answer", _heard_by_nobody)
            self.take()

    def commit(self) -> None:
        if self._held:
            batch = self._held.pop(0)
            self._intake.commit(batch, passed_on(batch))

    def unheard(self) -> None:
        with pytest.MonkeyPatch.context() as deaf:
            deaf.setattr(Sent, "answer", _heard_by_nobody)
            self.commit()


_answer = Sent.answer


def _heard_by_nobody(self: Sent) -> None:
    _answer(self)
    raise redis.ConnectionError("gone")
