"""Many records in one entry: what goes in comes out, acknowledged together and counted one by one."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.frames import LINES, framed, pack, unpack
from dataflow.engines.protocol import Entry
from dataflow.engines.redis_streams import RedisStreams
from dataflow.inline.running import Runner
from dataflow.running.program import Program
from tests.dataflow.builtins import masking

RECORDS = st.lists(st.tuples(st.none() | st.binary(max_size=5), st.binary(max_size=20)), min_size=1, max_size=30)


@given(RECORDS)
def test_a_packed_frame_holds_what_was_put_in(records: list[tuple[bytes | None, bytes]]) -> None:
    assert list(unpack(b"".join(pack(*each) for each in records))) == records


@given(RECORDS, st.integers(min_value=1, max_value=7))
def test_frames_hold_all_records_in_their_order(records: list[tuple[bytes | None, bytes]], size: int) -> None:
    found, sizes = [], []
    for field, data in framed(records, size):
        entry = Entry(b"1", data) if field == LINES else Entry(b"1", None, tuple(unpack(data)))
        found += [(each.key, each.value) for each in entry.messages()]
        sizes.append(len(entry.messages()))
    assert found == records
    assert all(each == size for each in sizes[:-1])


def engine_for(client: redis.Redis, tmp_path: Path, frames: dict[str, int]) -> RedisStreams:
    return RedisStreams(client, environment=uuid4().hex, conceal=KeyFile(tmp_path / "flow.key"), idle=0, frames=frames)


GIVEN = [
    *((None, f"{n} 123-45-6789".encode()) for n in range(7)),
    (None, b"poison"),
    (b"key", b"with 123-45-6789"),
    (None, b"two\nlines 123-45-6789"),
    (None, b"care 123-45-6789"),
    (None, b"\xff"),
    (None, b""),
]


@pytest.mark.parametrize("frame_in", [0, 1, 4, 100])
@pytest.mark.parametrize("frame_out", [0, 1, 3, 100])
def test_framed_or_not_the_same_comes_out(client: redis.Redis, tmp_path: Path, frame_in: int, frame_out: int) -> None:
    engine = engine_for(client, tmp_path, {"in": frame_in, "out": frame_out})
    (service,) = masking().services
    program, intake = Program(service, Runner()), engine.intake("f", "s", [("in", "0")], "w")
    assert engine.produce("in", GIVEN) == len(GIVEN)
    committed = 0
    while (batch := intake.take(most=5, wait=0.01)) is not None:
        committed += intake.commit(batch, program.work(batch))
    assert committed == len(GIVEN)
    wanted = [
        (key, value.replace(b"123-45-6789", b"***-**-****"))
        for key, value in GIVEN
        if value not in (b"poison", b"\xff")
    ]
    assert [(each.key, each.value) for each in engine.consume("out", beginning=True, wait=None)] == wanted
    assert engine.counters("f") == {
        "s/mask-number": {"succeeded": len(GIVEN) - 2, "failed": 1},
        "s": {"succeeded": len(GIVEN) - 2, "failed": 2},
    }
    assert client.xlen(engine.dead("f")) == 2
    if frame_in == frame_out == 100:
        assert client.xlen(engine.stream("in")) == 1
        assert client.xlen(engine.stream("out")) < 7


def test_a_frame_that_two_have_is_written_once(client: redis.Redis, tmp_path: Path) -> None:
    engine = engine_for(client, tmp_path, {"in": 3, "out": 3})
    (service,) = masking().services
    program = Program(service, Runner())
    late, other = (engine.intake("f", "s", [("in", "0")], name) for name in ("late", "other"))
    engine.produce("in", [(None, b"1"), (None, b"poison"), (None, b"2"), (None, b"3"), (None, b"4")])
    batch = late.take(most=10, wait=1.0)
    taken = other.take(most=10, wait=1.0)
    assert batch is not None
    assert taken == batch
    assert other.commit(taken, program.work(taken)) == 5
    assert late.commit(batch, program.work(batch)) == 0
    assert [each.value for each in engine.consume("out", beginning=True, wait=None)] == [b"1", b"2", b"3", b"4"]
    assert engine.counters("f")["s"] == {"succeeded": 4, "failed": 1}
    assert client.xlen(engine.dead("f")) == 1


def test_what_ends_its_worker_each_time_goes_to_the_dead_letters_alone(client: redis.Redis, tmp_path: Path) -> None:
    engine = engine_for(client, tmp_path, {})
    (service,) = masking().services
    program = Program(service, Runner())
    engine.produce("in", [(None, b"1"), (None, b"bad"), (None, b"2")])
    deaths = 0
    for turn in range(12):
        intake = engine.intake("f", "s", [("in", "0")], f"w{turn}")
        while (batch := intake.take(most=10, wait=0.01)) is not None:
            if any(each.value == b"bad" for each in batch.messages):
                deaths += 1
                break
            intake.commit(batch, program.work(batch))
    assert deaths == 5
    assert [each.value for each in engine.consume("out", beginning=True, wait=None)] == [b"1", b"2"]
    ((_, fields),) = client.xrange(engine.dead("f"))
    assert fields[b"w"] == b"its worker ended 5 times while it worked on it"
    assert engine.counters("f")["s"] == {"succeeded": 2, "failed": 1}
