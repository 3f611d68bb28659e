"""Rows of states are what a plain fold of the records makes of them, on every engine, however records come."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
import redis
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.jsonl import JsonLines
from dataflow.engines.protocol import Engine
from dataflow.engines.redis_streams import RedisStreams
from dataflow.inline.running import Runner
from dataflow.planning.plan import Plan
from dataflow.running.ledger import Ledger
from dataflow.running.program import Program
from dataflow.running.working import flow_id, work_off
from tests.dataflow.counting import WORDS as WORDS_FLOW
from tests.dataflow.counting import fold, words
from tests.dataflow.memory import Memory
from tests.dataflow.test_terminal import said

WORDS = ["a", "A", "b", "__proto__", "nokey", "poison", "odd", "late"]
MANY = settings().max_examples // 20
SENTENCES = st.lists(st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join), max_size=15)
Result = tuple[dict[str, Any], Counter[str], dict[str, int]]


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def result(plan: Plan, engine: Engine, out: list[bytes]) -> Result:
    (service,) = plan.services
    rows = {key: row for state in service.states for key, row in engine.rows(flow_id(plan), state.table)}
    return rows, Counter(each.decode() for each in out), engine.counters(flow_id(plan)).get(service.name, {})


def work(plan: Plan, runner: Runner, intake: Any, most: int) -> None:
    program = Program(plan.services[0], runner)
    while (batch := intake.take(most=most, wait=0.001)) is not None:
        ledger = Ledger(intake.rows, intake.refuses)
        outcomes = program.work(batch, ledger)
        intake.committing(batch, outcomes, ledger.changes)()


def on_files(plan: Plan, sentences: list[str], chunk: int) -> Result:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").write_text("".join(f"{each}\n" for each in sentences))
        paths = {"inputs": {"sentences": folder / "in"}, "outputs": {"counted": folder / "out"}}
        for _ in range(2):  # rows are there again when the folder is opened again
            engine = JsonLines(folder / "state", conceal=KeyFile(folder / "key"), chunk=chunk, **paths)
            work_off(plan, engine, stop=Event(), told=lambda _: None)
            engine.close()
        return result(plan, engine, [each.value for each in engine.consume("counted")])


def on_redis(plan: Plan, runner: Runner, sentences: list[str], client: redis.Redis, frame: int, most: int) -> Result:
    with tempfile.TemporaryDirectory() as name:
        conceal = KeyFile(Path(name) / "key")
    engine = RedisStreams(client, environment=uuid4().hex, conceal=conceal, idle=0, frames={"sentences": frame})
    engine.produce("sentences", [(None, each.encode()) for each in sentences])
    work(plan, runner, engine.intake(flow_id(plan), plan.services[0].name, [("sentences", "0")], "w"), most)
    return result(plan, engine, [each.value for each in engine.consume("counted", beginning=True, wait=None)])


def on_memory(plan: Plan, runner: Runner, sentences: list[str], most: int) -> Result:
    engine = Memory()
    engine.produce("sentences", [(None, each.encode()) for each in sentences])
    work(plan, runner, engine.intake(flow_id(plan), plan.services[0].name, [("sentences", "0")], "w"), most)
    return result(plan, engine, [each.value for each in engine.consume("counted")])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=max(15, MANY))
@given(SENTENCES, st.integers(1, 60), st.integers(0, 4), st.integers(1, 7), st.booleans())
@example(["late b", "b", "a b", "a"], 60, 0, 7, False)  # the second fails only where the first did not
def test_rows_are_what_a_plain_fold_makes_of_the_records(
    client: redis.Redis, runner: Runner, sentences: list[str], chunk: int, frame: int, most: int, javascript: bool
) -> None:
    plan = words(javascript=javascript)
    rows, out, failed = fold(sentences)
    counted = {"failed": failed, "succeeded": len(sentences) - failed}
    expected = (rows, out, {name: count for name, count in counted.items() if count})
    assert on_memory(plan, runner, sentences, most) == expected
    assert on_files(plan, sentences, chunk) == expected
    assert on_redis(plan, runner, sentences, client, frame, most) == expected


def test_rows_of_files_are_shown_and_outlive_what_was_written_behind_the_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "dataflow.yaml").write_text(WORDS_FLOW)
    (tmp_path / "in").write_text("a b\na\n")
    run = ("run", "--input", "sentences=in", "--output", "counted=out")
    assert said(tmp_path, *run) == ""
    rows = "Key  n  last-of\na    2  a\nb    1  b\n"
    shown = ("show", "state", "count-words/count-per-word", "--files")
    assert said(tmp_path, *shown) == rows
    (kept,) = (tmp_path / ".sealbook" / "files").glob("_*.records")
    written = kept.read_bytes()
    kept.write_bytes(written + b'["a",1,{"n":9')
    assert said(tmp_path, *shown) == rows
    (tmp_path / "in").write_text("a b\na\na\nc poison\n")
    assert said(tmp_path, *run) == ""
    assert said(tmp_path, *shown, "--key", "a") == "Key  n  last-of\na    3  a\n"
    assert re.search(
        r"^count-words/count-per-word +2 +table$", said(tmp_path, "show", "state", "--files"), re.MULTILINE
    )
    assert said(tmp_path, "show", "state", "count-words/count/metrics", "--files").split()[-2:] == ["3", "1"]
    assert (tmp_path / "out").read_text() == "a 1\nb 1\na 2\na 3\n"
