"""From files to files: the same comes out as on every other engine, and once, also where the process is killed."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.jsonl import FilesUnfit, JsonLines
from dataflow.engines.redis_streams import RedisStreams
from dataflow.grammar.flowfile import read_flow
from dataflow.inline.running import Runner
from dataflow.packages.library import find_folders
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow
from dataflow.running.program import Program
from dataflow.running.working import flow_id, work_off
from tests.dataflow.builtins import Mask
from tests.dataflow.memory import Memory
from tests.dataflow.samples import seed_folder
from tests.dataflow.test_terminal import SEALBOOK, environment, said

TWO = """
apiVersion: 0.5.0
meta: {name: two, version: 0.1.0, namespace: example}
config: {converter: raw, consumer: {default_starting_offset: {position: Beginning}}}
topics:
  in: {schema: {value: {type: string}}}
  between: {schema: {value: {type: string}}}
  out: {schema: {value: {type: string}}}
services:
  first:
    sources: [{type: topic, id: in}]
    transforms: [{operator: map, uses: mask-number}]
    sinks: [{type: topic, id: between}]
  second:
    sources: [{type: topic, id: between}]
    transforms:
      - operator: flat-map
        run: |
          def words(text):
              if text == "1":
                  raise ValueError
              return text.split("|")
    sinks: [{type: topic, id: out}]
"""
RECORDS = st.lists(
    st.sampled_from(
        ["123-45-6789", "a|123-45-6789|b", "poison", "care", "1", "", '{"a":123-45-6789}', '["\\u00123-45-6789"]']
    ),
    max_size=25,
)


def two() -> Plan:
    file = read_flow(TWO, "dataflow.yaml")
    return plan_flow(file, find=find_folders(Path("/nowhere"), dev=file.dev), builtins={"mask-number": Mask()})


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


Result = tuple[list[bytes], dict[str, dict[str, int]], list[tuple[str, str]]]


def on_files(plan: Plan, records: list[str], chunk: int) -> Result:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").write_text("".join(f"{each}\n" for each in records))
        paths = {"inputs": {"in": folder / "in"}, "outputs": {"out": folder / "out"}}
        engine = JsonLines(folder / "state", conceal=KeyFile(folder / "key"), chunk=chunk, **paths)
        work_off(plan, engine, stop=Event(), told=lambda _: None)
        engine.close()
        out = [each.value for each in engine.consume("out")]
        return out, engine.counters(flow_id(plan)), [(each["topic"], each["why"]) for each in engine.dead()]


def on_redis(plan: Plan, runner: Runner, records: list[str], client: redis.Redis, frame: int, most: int) -> Result:
    with tempfile.TemporaryDirectory() as name:
        frames = {"in": frame, "between": frame}
        conceal = KeyFile(Path(name) / "key")
        engine = RedisStreams(client, environment=uuid4().hex, conceal=conceal, idle=0, frames=frames)
    engine.produce("in", [(None, each.encode()) for each in records])
    flow = flow_id(plan)
    for service in plan.services:
        intake = engine.intake(flow, service.name, [(port.topic.wire_name, "0") for port in service.sources], "w")
        program = Program(service, runner)
        while (batch := intake.take(most=most, wait=0.001)) is not None:
            intake.commit(batch, program.work(batch))
    out = [each.value for each in engine.consume("out", beginning=True, wait=None)]
    return out, engine.counters(flow), [(each.topic, each.why) for each in engine.letters(flow).all()]


def on_memory(plan: Plan, runner: Runner, records: list[str], most: int) -> Result:
    engine = Memory()
    engine.produce("in", [(None, each.encode()) for each in records])
    for service in plan.services:
        intake = engine.intake(
            flow_id(plan), service.name, [(port.topic.wire_name, "0") for port in service.sources], "w"
        )
        program = Program(service, runner)
        while (batch := intake.take(most=most, wait=0.0)) is not None:
            intake.committing(batch, program.work(batch))()
    return [each.value for each in engine.consume("out")], engine.counted, engine.dead


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(RECORDS, st.integers(1, 60), st.integers(0, 4), st.integers(1, 7))
def test_every_engine_makes_the_same_of_a_flow(
    client: redis.Redis, runner: Runner, records: list[str], chunk: int, frame: int, most: int
) -> None:
    plan = two()
    results = (
        on_files(plan, records, chunk),
        on_redis(plan, runner, records, client, frame, most),
        on_memory(plan, runner, records, most),
    )
    outs, counts, dead = zip(*results, strict=True)
    assert Counter(outs[0]) == Counter(outs[1]) == Counter(outs[2])
    assert counts[0] == counts[1] == counts[2]
    assert Counter(dead[0]) == Counter(dead[1]) == Counter(dead[2])


KILLED, LINES = 5, 60_000


def test_a_run_that_is_killed_goes_on_where_it_stood(tmp_path: Path) -> None:
    folder = seed_folder(tmp_path)
    (folder / "in.jsonl").write_text("".join(f"{number} 123-45-6789\n" for number in range(LINES)))
    command = [SEALBOOK, "run", "--input", "user-info=in.jsonl", "--output", "masked=out.jsonl"]
    cut_off = 0
    for _ in range(KILLED):
        before = (folder / "out.jsonl").stat().st_size if cut_off else 0
        flow = subprocess.Popen(command, cwd=folder, env=environment(), stderr=subprocess.DEVNULL)
        while flow.poll() is None and not (
            (folder / "out.jsonl").exists() and (folder / "out.jsonl").stat().st_size > before
        ):
            time.sleep(0.002)
        cut_off += flow.poll() is None
        flow.kill()
        flow.wait()
    assert cut_off
    assert said(folder, *command[1:]) == ""
    assert (folder / "out.jsonl").read_text() == "".join(f"{number} ***-**-****\n" for number in range(LINES))


def test_what_was_written_behind_the_checkpoint_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"1\n2")
    out = tmp_path / "out"

    def run() -> None:
        paths = {"inputs": {"in": tmp_path / "in"}, "outputs": {"out": out}}
        engine = JsonLines(tmp_path / "state", conceal=KeyFile(tmp_path / "key"), **paths)
        try:
            work_off(two(), engine, stop=Event(), told=lambda _: None)
        finally:
            engine.close()

    run()
    written = out.read_bytes()
    out.write_bytes(written + b"half a rec")
    run()
    assert out.read_bytes() == written == b"2\n"
    out.write_bytes(b"")
    with pytest.raises(FilesUnfit, match="shorter"):
        run()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--input", "x=in"), "sealbook: Write TOPIC=FILE, not x=in. The flow's topics are user-info, masked.\n"),
        (("--output", "masked=out"), "sealbook: Nothing fills user-info: add --input user-info=FILE.\n"),
        (("--input", "masked=in"), "sealbook: masked is written by the flow: it cannot be an input.\n"),
        (
            ("--input", "user-info=in", "--output", "masked=dataflow.yaml"),
            "sealbook: The flow cannot run: dataflow.yaml has something in it already, "
            "which this flow has not written.\n",
        ),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    assert said(seed_folder(tmp_path), "run", *words, status=1) == says


def test_standard_input_and_output(tmp_path: Path) -> None:
    folder = seed_folder(tmp_path)
    words = ("run", "--input", "user-info=-", "--output", "masked=-")
    for _ in range(2):
        assert said(folder, *words, given="a 123-45-6789\npoison\nb") == "a ***-**-****\nb\n"
