"""Workers that share rows: who is slower begins anew, and nothing counts twice, whoever is killed or wakes up late."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
import redis

from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.protocol import Batch, Overtaken
from dataflow.engines.redis_intake import RedisIntake
from dataflow.engines.redis_streams import RedisStreams
from dataflow.inline.running import Runner
from dataflow.running.ledger import Ledger
from dataflow.running.program import Program
from dataflow.running.working import flow_id, work
from tests.dataflow.counting import WORDS, words
from tests.dataflow.test_killed import worker

SERVICE = "count-words"


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    runner = Runner()
    yield Program(words().services[0], runner)
    runner.close()


def rows_of(engine: RedisStreams) -> dict[str, int]:
    (state,) = words().services[0].states
    return {key: row["n"] for key, row in engine.rows(flow_id(words()), state.table)}


def intake(engine: RedisStreams, worker: str) -> RedisIntake:
    return engine.intake(flow_id(words()), SERVICE, [("sentences", "0")], worker)


def commit(program: Program, end: RedisIntake, batch: Batch) -> int:
    ledger = Ledger(end.rows, end.refuses)
    outcomes = program.work(batch, ledger)
    return end.committing(batch, outcomes, ledger.changes)()


def taken(end: RedisIntake, most: int = 10) -> Batch:
    batch = end.take(most=most, wait=1.0)
    assert batch is not None
    return batch


def put_in(engine: RedisStreams, *sentences: str) -> None:
    engine.produce("sentences", [(None, each.encode()) for each in sentences])


def test_who_is_slower_commits_nothing_and_begins_anew(client: redis.Redis, tmp_path: Path, program: Program) -> None:
    engine = RedisStreams(client, environment=tmp_path.name, conceal=KeyFile(tmp_path / "key"), idle=60_000)
    one, other = intake(engine, "one"), intake(engine, "other")
    put_in(engine, "a b", "a")
    slow, fast = taken(one, most=1), taken(other)
    ledger = Ledger(one.rows, one.refuses)
    outcomes = program.work(slow, ledger)
    assert commit(program, other, fast) == 1
    with pytest.raises(Overtaken) as overtaken:
        one.committing(slow, outcomes, ledger.changes)()
    assert overtaken.value.left == slow
    assert (rows_of(engine), engine.counters(flow_id(words()))[SERVICE]) == ({"a": 1}, {"succeeded": 1})
    assert commit(program, one, slow) == 1
    assert rows_of(engine) == {"a": 2, "b": 1}
    out = [each.value for each in engine.consume("counted", beginning=True, wait=None)]
    assert out == [b"a 1", b"a 2", b"b 1"]


def test_who_wakes_up_late_counts_nothing_again(engine: RedisStreams, program: Program) -> None:
    late, other = intake(engine, "late"), intake(engine, "other")
    put_in(engine, "a")
    batch = taken(late)
    put_in(engine, "b")
    assert commit(program, other, taken(other)) == 1  # takes over what `late` was given
    with pytest.raises(Overtaken) as overtaken:  # rows are read now, and have what the record did already
        commit(program, late, batch)
    assert overtaken.value.left.entries == []
    assert rows_of(engine) == {"a": 1}


def test_workers_on_few_keys_make_of_them_what_one_would(client: redis.Redis, tmp_path: Path) -> None:
    engine = RedisStreams(client, environment=tmp_path.name, conceal=KeyFile(tmp_path / "key"))
    engine.intake(flow_id(words()), SERVICE, [("sentences", "0")], "first")
    put_in(engine, *[f"a c {number % 3}" + (" poison" if number % 50 == 0 else "") for number in range(3_000)])
    plan, stop, done = words(), Event(), list[int]()
    threads = [
        Thread(target=work, args=(plan, plan.services[0], engine), kwargs={"stop": stop, "told": done.append})
        for _ in range(3)
    ]
    for each in threads:
        each.start()
    deadline = time.monotonic() + 60
    while sum(done) < 3_000 and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    for each in threads:
        each.join()
    assert sum(done) == 3_000
    assert rows_of(engine) == {"a": 2_940, "c": 2_940, "0": 980, "1": 980, "2": 980}
    assert engine.counters(flow_id(plan))[SERVICE] == {"succeeded": 2_940, "failed": 60}


@pytest.mark.parametrize(
    ("records", "kills", "stalls"), [(3_000, 3, 1), pytest.param(40_000, 12, 3, marks=pytest.mark.nightly)]
)
def test_rows_are_what_was_counted_though_workers_are_killed(
    client: redis.Redis, tmp_path: Path, records: int, kills: int, stalls: int
) -> None:
    key, folder, url = tmp_path / "flow.key", tmp_path / "flow", os.environ["REDIS_URL"]
    folder.mkdir()
    (folder / "dataflow.yaml").write_text(WORDS)
    engine = RedisStreams(client, environment=tmp_path.name, conceal=KeyFile(key))
    engine.intake(flow_id(words()), SERVICE, [("sentences", "0")], "first")
    running = [worker(url, tmp_path.name, folder, key) for _ in range(2)]
    stalled: list[subprocess.Popen[bytes]] = []
    turns = kills + stalls
    try:
        for turn in range(turns):
            put_in(engine, *[f"w{n % 7} all" for n in range(turn, records, turns)])
            time.sleep(0.8)
            victim = running.pop(0)
            if len(stalled) < stalls and turn % 3 == 1:
                victim.send_signal(signal.SIGSTOP)
                stalled.append(victim)
            else:
                victim.kill()
                victim.wait()
            running.append(worker(url, tmp_path.name, folder, key))
        for each in stalled:
            each.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + 90
        while rows_of(engine).get("all", 0) < records and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(1.0)  # those that were stopped have time to write what they had
    finally:
        for each in (*running, *stalled):
            each.kill()
            each.wait()
    per_word = Counter(f"w{n % 7}" for n in range(records))
    assert rows_of(engine) == {**per_word, "all": records}
    assert engine.counters(flow_id(words()))[SERVICE] == {"succeeded": records}
    out = Counter(each.value.decode() for each in engine.consume("counted", beginning=True, wait=None))
    assert out == Counter(
        f"{word} {n + 1}" for word, most in [*per_word.items(), ("all", records)] for n in range(most)
    )
