"""Topics that may hold personal data lie sealed in Redis, record by record, and come out as they went in."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
import redis

from dataflow.deadletters.concealing import Conceal, KeyFile
from dataflow.engines import envelopes
from dataflow.engines.envelopes import Envelopes, Unreadable
from dataflow.engines.protocol import Batch, Done, Output, Route, Whole
from dataflow.engines.redis_streams import RedisStreams
from dataflow.grammar.flowfile import read_flow
from dataflow.inline.running import Runner
from dataflow.packages.library import find_folders
from dataflow.planning.planner import plan_flow
from dataflow.running.program import Program
from dataflow.running.working import work
from tests.dataflow.builtins import FLOW, Mask, masking
from tests.dataflow.test_frames import GIVEN
from tests.plaintext import Marks, in_redis

OUT = Done((Output("out", b"key", b"two\nlines"),), (("s", "succeeded"),))
CLOSED = "it cannot be opened"


def engine_for(
    client: redis.Redis, conceal: Conceal, *, frames: int = 0, sealed: tuple[str, ...] = ("in", "out")
) -> RedisStreams:
    return RedisStreams(
        client,
        environment=uuid4().hex,
        conceal=conceal,
        idle=0,
        frames={"in": frames, "out": frames},
        sealed=dict.fromkeys(sealed, 60),
    )


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "flow.key")


def taken(engine: RedisStreams, worker: str = "w") -> Batch:
    batch = engine.intake("f", "s", [("in", "0")], worker).take(most=50, wait=0.01)
    assert batch is not None
    return batch


def values(engine: RedisStreams, topic: str) -> list[tuple[bytes | None, bytes]]:
    return [(each.key, each.value) for each in engine.consume(topic, beginning=True, wait=None)]


@pytest.mark.parametrize("frames", [0, 4])
@pytest.mark.parametrize("sealed", [("in",), ("out",), ("in", "out")])
def test_sealed_or_not_the_same_comes_out(
    client: redis.Redis, keys: KeyFile, sealed: tuple[str, ...], frames: int
) -> None:
    engine = engine_for(client, keys, sealed=sealed, frames=frames)
    program, intake = Program(masking().services[0], Runner()), engine.intake("f", "s", [("in", "0")], "w")
    assert engine.produce("in", GIVEN) == len(GIVEN)
    while (batch := intake.take(most=5, wait=0.01)) is not None:
        intake.commit(batch, program.work(batch))
    assert values(engine, "in") == GIVEN
    passed = [(key, value) for key, value in GIVEN if value not in (b"poison", b"\xff")]
    assert values(engine, "out") == [(key, value.replace(b"123-45-6789", b"***-**-****")) for key, value in passed]
    assert engine.counters("f")["s"] == {"succeeded": len(GIVEN) - 2, "failed": 2}
    assert client.xlen(engine.dead("f")) == 2
    for topic in ("in", "out"):
        fields = [set(each) for _, each in client.xrange(engine.stream(topic))]
        assert all((each == {b"e"}) == (topic in sealed) for each in fields)


PERSONAL = FLOW.replace(
    "{value: {type: string}}", "{key: {type: string}, value: {type: string}}, privacy: {pii: [ssn, name], expires: 1d}"
)


def test_nothing_of_a_record_is_in_the_database_whatever_happens_to_it(
    client: redis.Redis, keys: KeyFile, tmp_path: Path
) -> None:
    marks, stop = Marks(), Event()
    text = PERSONAL.replace("FRAME_IN", "3").replace("FRAME_OUT", "3")
    file = read_flow(text, "dataflow.yaml")
    plan = plan_flow(file, find=find_folders(tmp_path, dev=file.dev), builtins={"mask-number": Mask()})
    assert plan.sealed == {"in": 86_400, "out": 86_400}
    engine = RedisStreams(client, environment=uuid4().hex, conceal=keys, frames=plan.frames, sealed=plan.sealed)
    texts = [f"{kind} {marks.name} {marks.digits}".encode() for kind in ("passed", "poison", "two\nlines")]
    engine.produce("in", [(marks.word.encode(), each) for each in texts])
    done: list[int] = []

    def told(count: int) -> None:
        done.append(count)
        if sum(done) == 5:
            stop.set()
        elif sum(done) == 3:
            assert engine.letters("example/masking").replay(
                [each.id for each in engine.letters("example/masking").all()]
            )
            engine.produce("in", [(marks.word.encode(), texts[0])])

    work(plan, plan.services[0], engine, stop=stop, told=told)
    assert engine.counters("example/masking")["s"] == {"succeeded": 3, "failed": 2}
    assert values(engine, "out") == [(marks.word.encode(), texts[each]) for each in (0, 2, 0)]
    assert in_redis(os.environ["REDIS_URL"], marks.forms) == {}
    client.set("seen", texts[0])  # it would have been found
    assert list(in_redis(os.environ["REDIS_URL"], marks.forms)) == ["b'seen'"]
    client.delete("seen")


def test_equal_records_do_not_look_alike(client: redis.Redis, keys: KeyFile) -> None:
    engine = engine_for(client, keys)
    engine.produce("in", [(b"key", b"value")] * 3)
    found = [each for _, each in client.xrange(engine.stream("in"))]
    assert [list(each) for each in found] == [[b"e"]] * 3
    bodies = {each[b"e"][-40:] for each in found}
    assert len(bodies) == 3
    assert all(b"key" not in each and b"value" not in each for each in bodies)


def test_what_cannot_be_opened_is_a_dead_letter_and_stays_as_it_was(
    client: redis.Redis, keys: KeyFile, tmp_path: Path
) -> None:
    engine = engine_for(client, keys)
    engine.produce("in", [(None, b"good")])
    engine.produce("other", [(None, b"x")])
    other = RedisStreams(client, environment=uuid4().hex, conceal=KeyFile(tmp_path / "other"), sealed={"in": 60})
    other.produce("in", [(None, b"of another key")])
    ((_, foreign),) = client.xrange(other.stream("in"))
    ((_, good),) = client.xrange(engine.stream("in"))
    client.xadd(engine.stream("elsewhere"), good)
    changed = good[b"e"][:-1] + bytes([good[b"e"][-1] ^ 1])
    for strange in (foreign, {b"e": changed}, {b"e": b""}, {b"e": b"\x01"}, {b"e": b"\x01\xff"}):
        client.xadd(engine.stream("in"), strange)
    intake, batch = engine.intake("f", "s", [("in", "0")], "w"), taken(engine)
    assert [each.value for each in batch.messages] == [b"good"]
    intake.commit(batch, [[OUT]])
    assert values(engine, "in") == [(None, b"good")]
    assert engine.unopened == 5
    assert values(engine, "elsewhere") == []
    letters = engine.letters("f")
    assert [each.why for each in letters.all()] == [CLOSED] * 5
    assert engine.counters("f") == {"s": {"succeeded": 1, "failed": 5}}
    first, *rest = (each.id for each in letters.all())
    assert letters.opened(first)[1:] == (None, foreign[b"e"])
    letters.drop(rest)
    assert letters.replay([first]) == 1
    assert client.xrevrange(engine.stream("in"), count=1)[0][1] == foreign | {b"g": b"f:s"}
    assert taken(engine).entries == []
    assert [each.why for each in letters.all()] == [CLOSED]
    assert engine.counters("f")["s"] == {"succeeded": 1, "failed": 6}


@pytest.mark.parametrize("lines", [b"one", b"one\ntwo"])
@pytest.mark.parametrize("topics", [("out",), ("clear",), ("clear", "out"), ("out", "clear"), ("out", "in")])
def test_lines_that_go_through_whole_are_sealed_where_they_must_be(
    client: redis.Redis, keys: KeyFile, topics: tuple[str, ...], lines: bytes
) -> None:
    engine = engine_for(client, keys, frames=9)
    intake = engine.intake("f", "s", [("from", "0")], "w")
    client.xadd(engine.stream("from"), {"f": lines})
    batch = intake.take(most=9, wait=0.01)
    assert batch is not None
    assert intake.commit(batch, [Whole(Route(topics, (("s", "succeeded"),)), lines)]) == lines.count(b"\n") + 1
    for topic in topics:
        assert values(engine, topic) == [(None, each) for each in lines.split(b"\n")]
        assert {name for _, each in client.xrange(engine.stream(topic)) for name in each} <= (
            {b"v", b"f"} if topic == "clear" else {b"e"}
        )


def test_what_lay_in_the_clear_before_is_read(client: redis.Redis, keys: KeyFile) -> None:
    engine = engine_for(client, keys)
    before = RedisStreams(client, environment="before", conceal=keys, frames={"in": 2})
    client.delete(before.stream("in"))
    before.produce("in", [(None, b"1"), (None, b"2"), (b"key", b"3\n")])
    for _, fields in client.xrange(before.stream("in")):
        client.xadd(engine.stream("in"), fields)
    engine.produce("in", [(None, b"4")])
    assert values(engine, "in") == [(None, b"1"), (None, b"2"), (b"key", b"3\n"), (None, b"4")]
    assert [each.value for each in taken(engine).messages] == [b"1", b"2", b"3\n", b"4"]


def test_what_failed_is_put_back_sealed(client: redis.Redis, keys: KeyFile) -> None:
    engine = engine_for(client, keys)
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", [(b"key", b"record")])
    intake.commit(taken(engine), [[Done((), (("s", "failed"),), "why")]])
    assert engine.letters("f").replay([each.id for each in engine.letters("f").all()]) == 1
    assert list(client.xrevrange(engine.stream("in"), count=1)[0][1]) == [b"e", b"g"]
    batch = taken(engine)
    assert [(each.key, each.value) for each in batch.messages] == [(b"key", b"record")]
    intake.commit(batch, [[OUT]])
    assert values(engine, "out") == [(b"key", b"two\nlines")]


def test_a_data_key_is_one_of_a_minute_and_opens_where_it_sealed(
    keys: KeyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr(envelopes, "monotonic", lambda: now)
    sealing = Envelopes(keys)
    first, second = sealing.seal(b"a", b"here"), sealing.seal(b"a", b"here")
    now += envelopes.SECONDS
    third = sealing.seal(b"a", b"here")
    header = 2 + first[1]
    assert first[:header] == second[:header] != third[:header]
    opening = Envelopes(keys)
    assert [opening.unseal(each, b"here") for each in (first, second, third)] == [b"a"] * 3
    for sealed, place in ((first, b"there"), (first[:-1], b"here"), (first[:header], b"here"), (b"", b"here")):
        with pytest.raises(Unreadable):
            opening.unseal(sealed, place)
    with pytest.raises(Unreadable):
        Envelopes(KeyFile(tmp_path / "other")).unseal(first, b"here")


def test_two_topics_of_which_both_have_records_are_given_out_one_behind_the_other(
    client: redis.Redis, keys: KeyFile
) -> None:
    engine = engine_for(client, keys)
    intake = engine.intake("f", "s", [("in", "0"), ("more", "0")], "w")
    engine.produce("in", [(None, b"1")])
    engine.produce("more", [(None, b"2")])
    found = [intake.take(most=9, wait=0.01) for _ in range(2)]
    assert [(each.topic, [one.value for one in each.messages]) for each in found if each] == [
        ("in", [b"1"]),
        ("more", [b"2"]),
    ]


def test_what_is_sealed_stays_closed_to_a_flow_that_does_not_say_that_its_topic_is(
    client: redis.Redis, keys: KeyFile
) -> None:
    engine = engine_for(client, keys)
    engine.produce("in", [(b"key", b"record"), (None, b"two\nlines")])
    environment = engine.stream("").split("{")[1].split("}")[0]
    other = RedisStreams(client, environment=environment, conceal=keys, idle=0)
    other.produce("in", [(None, b"in the clear")])
    assert values(other, "in") == [(None, b"in the clear")]
    assert other.unopened == 2
    batch = taken(other)
    assert [each.value for each in batch.messages] == [b"in the clear"]
    other.intake("f", "s", [("in", "0")], "w").commit(batch, [[Done()]])
    letters = other.letters("f")
    assert [each.why for each in letters.all()] == [CLOSED] * 2
    assert letters.replay([each.id for each in letters.all()]) == 2
    put_back = client.xrevrange(engine.stream("in"), count=2)
    assert [list(fields) for _, fields in put_back] == [[b"e", b"g"]] * 2
    assert [(each.key, each.value) for each in taken(engine).messages] == [(b"key", b"record"), (None, b"two\nlines")]
