"""Records that are older than their topic may hold them are taken out, whoever reads or writes, and are counted."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest
import redis

from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.frames import framed
from dataflow.engines.protocol import Batch, Change, Done, Output, Overtaken, Route, Table, Whole
from dataflow.engines.redis_intake import RedisIntake
from dataflow.engines.redis_streams import RedisStreams

WEEK = 7 * 86_400
OUT = Done((Output("out", None, b"done"),), (("s", "succeeded"),))


@pytest.fixture
def engine(client: redis.Redis, tmp_path: Path) -> RedisStreams:
    keys = KeyFile(tmp_path / "flow.key")
    return RedisStreams(client, environment=uuid4().hex, conceal=keys, idle=0, sealed={"in": WEEK, "out": WEEK})


def intake_of(engine: RedisStreams, service: str = "s", start: str = "0", worker: str = "w") -> RedisIntake:
    return engine.intake("example/f", service, [("in", start)], worker)


def taken(intake: RedisIntake) -> Batch:
    batch = intake.take(most=50, wait=0.01)
    assert batch is not None
    return batch


def put(
    engine: RedisStreams, topic: str, *, days: float, number: int = 1, fields: dict[str, bytes] | None = None
) -> str:
    """Write records as old as that, by the server's clock; return the last one's id."""
    seconds, micro = engine.client.time()
    at = int(seconds * 1000 + micro // 1000 - days * 86_400_000)
    with engine.client.pipeline() as pipeline:
        for turn in range(number):
            sealed = {"e": engine.topics.closed(topic, None, f"{days:g} {turn}".encode())}
            pipeline.xadd(engine.stream(topic), fields or sealed, id=f"{at}-{turn}")
        pipeline.execute()
    return f"{at}-{number - 1}"


def values(engine: RedisStreams, topic: str) -> list[bytes]:
    return [each.value for each in engine.consume(topic, beginning=True, wait=None)]


def counted(engine: RedisStreams, service: str = "s") -> dict[str, int]:
    return engine.counters("example/f").get(service, {})


def test_who_writes_takes_out_what_is_too_old_and_it_counts_for_those_who_were_not_given_it(
    engine: RedisStreams,
) -> None:
    reader, late = intake_of(engine, "reader"), intake_of(engine, "late")
    read = put(engine, "in", days=8, number=2)
    put(engine, "in", days=7.5)
    put(engine, "in", days=6.9)
    engine.client.xgroup_setid(engine.stream("in"), "example/f:reader", read)
    engine.produce("in", [(None, b"new")])
    assert values(engine, "in") == [b"6.9 0", b"new"]
    assert (counted(engine, "reader"), counted(engine, "late")) == ({"expired": 1}, {"expired": 3})
    assert [each.value for each in taken(reader).messages] == [b"6.9 0", b"new"]
    assert [each.value for each in taken(late).messages] == [b"6.9 0", b"new"]
    assert (counted(engine, "reader"), counted(engine, "late")) == ({"expired": 1}, {"expired": 3})


def test_frames_from_before_count_by_their_records_and_what_was_put_back_for_its_service(engine: RedisStreams) -> None:
    intake_of(engine)
    intake_of(engine, "other")
    lines, others = [(None, b"1"), (None, b""), (None, b"3")], [(b"key", b"4"), (None, b"\n"), (b"", b"")]
    for days, records in ((9, lines), (8, others)):
        ((field, data),) = framed(records, 9)
        put(engine, "in", days=days, fields={field: data})
    put(engine, "in", days=7.5, fields={"v": b"7", "g": b"example/f:other"})
    engine.produce("in", [(None, b"new")])
    assert (counted(engine), counted(engine, "other")) == ({"expired": 6}, {"expired": 7})


def test_a_commit_takes_out_of_the_topics_that_it_writes_to(engine: RedisStreams) -> None:
    intake = intake_of(engine)
    engine.intake("example/f", "next", [("out", "0")], "w")
    put(engine, "out", days=8)
    engine.produce("in", [(None, b"1")])
    intake.commit(taken(intake), [[OUT]])
    assert values(engine, "out") == [b"done"]
    assert counted(engine) == {"succeeded": 1}
    assert counted(engine, "next") == {"expired": 1}


def test_a_commit_of_lines_that_went_through_whole_does_so_as_well(engine: RedisStreams) -> None:
    intake = intake_of(engine)
    engine.intake("example/f", "next", [("out", "0")], "w")
    put(engine, "out", days=8)
    engine.produce("in", [(None, b"1"), (None, b"2")])
    intake.commit(taken(intake), [Whole(Route(("out",), (("s", "succeeded"),)), each) for each in (b"1", b"2")])
    assert values(engine, "out") == [b"1", b"2"]
    assert {name for _, fields in engine.client.xrange(engine.stream("out")) for name in fields} == {b"e"}
    assert engine.client.pttl(engine.stream("out")) > 0
    assert counted(engine, "next") == {"expired": 1}


def test_another_reading_of_the_sources_counts_for_its_service(engine: RedisStreams) -> None:
    intake_of(engine)
    engine.client.xgroup_create(engine.stream("in"), "example/f:s@2", id="0")
    put(engine, "in", days=8)
    put(engine, "in", days=7.5, fields={"v": b"1", "g": b"example/f:s"})
    engine.produce("in", [(None, b"new")])
    assert counted(engine) == {"expired": 4}


def test_a_flow_takes_out_of_its_sources_although_nobody_writes(engine: RedisStreams) -> None:
    put(engine, "in", days=8, number=2_521)
    put(engine, "in", days=1)
    assert [each.value for each in taken(intake_of(engine)).messages] == [b"1 0"]
    assert engine.client.xlen(engine.stream("in")) == 1
    assert counted(engine) == {"expired": 2_521}


def test_what_expired_at_a_worker_that_ended_is_given_up_and_who_wakes_up_late_writes_nothing(
    engine: RedisStreams,
) -> None:
    first, other = intake_of(engine), intake_of(engine, worker="other")
    engine.produce("in", [(None, b"1"), (None, b"2")])
    batch = taken(first)
    engine.client.xtrim(engine.stream("in"), maxlen=0)
    engine.produce("in", [(None, b"3")])
    assert [each.value for each in taken(other).messages] == [b"3"]
    assert counted(engine) == {"expired": 2}
    assert first.commit(batch, [[OUT], [OUT]]) == 0
    assert counted(engine) == {"expired": 2}
    assert values(engine, "out") == []


def test_what_expired_while_it_is_worked_on_succeeds(engine: RedisStreams) -> None:
    intake = intake_of(engine)
    engine.produce("in", [(None, b"1")])
    batch = taken(intake)
    engine.client.xtrim(engine.stream("in"), maxlen=0)
    assert intake.commit(batch, [[OUT]]) == 1
    assert intake.take(most=9, wait=0.01) is None
    assert counted(engine) == {"succeeded": 1}


def test_a_topic_ends_a_minute_after_its_last_record_and_not_later_because_somebody_reads(
    engine: RedisStreams,
) -> None:
    stream = engine.stream("in")
    last = put(engine, "in", days=2)
    assert engine.client.pexpiretime(stream) == -1
    intake = intake_of(engine)
    taken(intake)
    ends = int(last.split("-")[0]) + WEEK * 1000 + 60_000
    assert engine.client.pexpiretime(stream) == ends
    engine.produce("in", [(None, b"1")])
    newest = engine.client.xrevrange(stream, count=1)[0][0].split(b"-")[0]
    assert engine.client.pexpiretime(stream) == int(newest) + WEEK * 1000 + 60_000 > ends
    intake.commit(taken(intake), [[OUT]])
    assert engine.client.pexpiretime(engine.stream("out")) > ends
    engine.produce("kept", [(None, b"1")])
    assert engine.client.pexpiretime(engine.stream("kept")) == -1


def test_a_topic_whose_records_stay_longer_than_the_clock_has_run_keeps_them(
    client: redis.Redis, tmp_path: Path
) -> None:
    keys = KeyFile(tmp_path / "flow.key")
    engine = RedisStreams(client, environment=uuid4().hex, conceal=keys, sealed={"in": 999 * 366 * 86_400})
    put(engine, "in", days=9_000)
    assert engine.produce("in", [(None, b"new")]) == 1
    assert values(engine, "in") == [b"9000 0", b"new"]
    assert [each.value for each in taken(intake_of(engine)).messages] == [b"9000 0", b"new"]


def test_a_topic_that_is_said_to_hold_none_any_more_has_no_end(engine: RedisStreams, client: redis.Redis) -> None:
    environment = engine.stream("").split("{")[1].split("}")[0]
    after = RedisStreams(client, environment=environment, conceal=engine.conceal)
    tagged = RedisStreams(client, environment=environment, conceal=engine.conceal, sealed={"in": 0, "out": 0})
    whole = Whole(Route(("out",), (("s", "succeeded"),)), b"line")
    for later, outcome in ((after, [OUT]), (after, whole), (tagged, [OUT]), (tagged, whole)):
        engine.produce("in", [(None, b"1")])
        engine.produce("out", [(None, b"1")])
        assert client.pexpiretime(engine.stream("in")) > 0 < client.pexpiretime(engine.stream("out"))
        intake = intake_of(later)
        later.produce("in", [(None, b"2")])
        batch = taken(intake)
        intake.commit(batch, [outcome] * len(batch.entries))
        assert client.pexpiretime(engine.stream("in")) == client.pexpiretime(engine.stream("out")) == -1


def test_a_topic_that_is_gone_is_made_anew_and_nothing_that_comes_then_is_passed_over(engine: RedisStreams) -> None:
    intake = intake_of(engine, start="$")
    engine.produce("in", [(None, b"1")])
    intake.commit(taken(intake), [[OUT]])
    engine.client.delete(engine.stream("in"))
    assert intake.take(most=9, wait=0.01) is None
    engine.produce("in", [(None, b"2")])
    intake.commit(taken(intake), [[OUT]])
    engine.client.delete(engine.stream("in"))
    engine.produce("in", [(None, b"3")])
    assert [each.value for each in taken(intake_of(engine, start="$")).messages] == [b"3"]
    assert intake_of(engine, "new", start="$").take(most=9, wait=0.01) is None
    assert counted(engine) == {"succeeded": 2}


def test_a_topic_that_goes_while_somebody_waits_for_it_stops_nobody(engine: RedisStreams) -> None:
    intake, found = intake_of(engine), list[Batch | None]()
    waiting = Thread(target=lambda: found.append(intake.take(most=9, wait=60.0)))
    waiting.start()
    while not any(each["cmd"] == "xreadgroup" and "b" in each["flags"] for each in engine.client.client_list()):
        assert waiting.is_alive()
    engine.client.delete(engine.stream("in"))
    waiting.join(30)
    assert found == [None]
    engine.produce("in", [(None, b"1")])
    assert [each.value for each in taken(intake).messages] == [b"1"]


def test_rows_are_left_alone_by_who_worked_on_a_topic_that_is_gone(engine: RedisStreams) -> None:
    intake, table = intake_of(engine), Table("s", "visits", 0, concealed=False)
    engine.produce("in", [(None, b"1")])
    batch = taken(intake)
    (row,) = intake.rows(table, ["ada@example.com"])
    engine.drop("in")
    with pytest.raises(Overtaken) as overtaken:
        intake.committing(batch, [[OUT]], [Change(table, "ada@example.com", row, is_changed=True, value=1)])()
    assert overtaken.value.left.entries == []
    assert intake.rows(table, ["ada@example.com"]) == [row]
    assert values(engine, "out") == []
