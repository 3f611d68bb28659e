"""A record, or a row, with which nothing can be done fails alone, and holds nobody up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from dataflow.engines.protocol import Message
from dataflow.engines.redis_streams import RedisStreams
from dataflow.inline.folding import Folding
from dataflow.inline.running import Answer, Runner
from dataflow.running.program import Program
from dataflow.running.working import flow_id
from tests.dataflow.counting import plan
from tests.dataflow.test_planning import planned
from tests.dataflow.test_state_plans import ALLOWED, tagged
from tests.dataflow.test_state_rows import FLOW, JAVASCRIPT, PYTHON, Kept, keeping, work

DEEP = "[" * 400 + "]" * 400
PARSED = """\
      transforms:
        - operator: map
          run: |
            import json
            def parsed(pair):
                return json.loads(pair[1] or "0")
      update-state:
"""
KEYED = """\
apiVersion: 0.6.0
meta: {name: keyed, version: 0.1.0, namespace: tests}
config: {converter: raw}
topics: {given: {schema: {value: {type: string}}}, out: {schema: {value: {type: string}}}}
services:
  keyed:
    sources: [{type: topic, id: given}]
    transforms:
      - operator: map
        run: |
          import json
          def keyed(text) -> tuple:
              return json.loads(text), text
    sinks: [{type: topic, id: out}]
"""


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


@pytest.mark.parametrize(
    ("language", "failure"), [("python", "work: TypeError"), ("javascript", "work: it makes no sense")]
)
def test_a_value_that_cannot_be_told_to_the_code_fails_alone(runner: Runner, language: str, failure: str) -> None:
    code = (PYTHON if language == "python" else JAVASCRIPT)["plus"].replace("\n", "\n          ")
    text = FLOW.replace("      update-state:\n", PARSED).replace("CODE", code).replace("LANGUAGE", language)
    kept = Kept(plan(text.replace("TYPE", "type: u32")), runner)
    assert kept.give(("a", ""), ("a", DEEP), ("a", "[1]"), ("b", DEEP)) == ['"1"', failure, '"2"', failure]
    assert kept.rows == {"a": 2}


def test_a_key_that_cannot_be_written_fails_alone(runner: Runner) -> None:
    program = Program(plan(KEYED).services[0], runner)
    done = program.run("given", [Message(each, None, each.encode()) for each in ("[1]", DEEP)])
    assert [each.failure for each in done] == ["", "out: the record is nested too deeply, or holds what JSON cannot"]
    assert [each.key for each in done[0].outputs] == [b"[1]"]


def test_a_row_that_cannot_be_opened_fails_the_records_of_its_key(
    engine: RedisStreams, client: redis.Redis, runner: Runner, tmp_path: Path
) -> None:
    text = tagged(ALLOWED).replace("  told: {", "  told: {privacy: {pii: [phone], expires: 1d}, ")
    flow = planned(text, tmp_path)
    (state,) = flow.services[0].states
    first, second = "+44 7700 900777", "+44 7700 900778"
    work(flow, runner, engine, 0, {"phone": first, "cost": 1})
    place = engine.state(flow_id(flow), "add-up", "cost") + ":sealed"
    ((field, sealed),) = client.hgetall(place).items()
    client.hset(place, field, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    work(flow, runner, engine, 0, *[{"phone": phone, "cost": 1} for phone in (second, first, second)])
    assert engine.counters(flow_id(flow))["add-up"] == {"succeeded": 3, "failed": 1}
    letters = engine.letters(flow_id(flow))
    assert [each.why for each in letters.all()] == ["add-up: its row cannot be opened"]
    work(flow, runner, engine, 1, second.encode(), first.encode())
    assert engine.counters(flow_id(flow))["tell"] == {"succeeded": 1, "failed": 1}
    client.hdel(place, field)
    assert dict(engine.rows(flow_id(flow), state.table)) == {second: 2}


@pytest.mark.parametrize("language", ["python", "javascript"])
@pytest.mark.parametrize("bad", ["every", "every second", "no"])
def test_records_behind_one_that_fails_are_not_sent_again_and_again(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, language: str, bad: str
) -> None:
    code = "def work(p):\n    if p[1]:\n        raise ValueError\n    kept().increment()"
    if language == "javascript":
        code = "function work(p) { if (p[1]) throw new Error(); kept().increment(); }"
    kept, sent = Kept(keeping(code, language=language), runner), list[int]()

    def counted(number: int, asked: Folding) -> list[Answer]:
        sent.append(len(asked.keys))
        return Runner.fold(runner, number, asked)

    monkeypatch.setattr(runner, "fold", counted)
    step = {"every": 1, "every second": 2, "no": 1_000}[bad]
    told = kept.give(*(("a", "" if (n + 1) % step else "bad") for n in range(300)))
    assert (sum(map(bool, told)), kept.rows.get("a", 0)) == (300 // step, 300 - 300 // step)
    assert sum(sent) < 1_500


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_nothing_is_no_value_of_a_row(runner: Runner, language: str) -> None:
    javascript = "function work([_, x]) { kept().update(x ? undefined : 5); return 'kept'; }"
    python = "def work(pair):\n    kept().update(None if pair[1] else 5)\n    return 'kept'"
    kept = Kept(keeping(python if language == "python" else javascript, language=language), runner)
    good, bad, last = kept.give(("a", ""), ("a", "x"), ("a", ""))
    assert (good, last) == ('"kept"', '"kept"')
    assert bad == ("work: TypeError in line 2" if language == "python" else "work: Error in line 1")
    assert kept.rows == {"a": 5}
    columns = "type: arrow-row, properties: {n: {type: i32}, m: {type: string, optional: true}}"
    javascript = "function work([_, x]) { kept().update(x ? { n: undefined } : { n: 5, m: undefined }); }"
    python = "def work(pair):\n    kept().update(**({'n': None} if pair[1] else {'n': 5, 'm': None}))"
    kept = Kept(keeping(python if language == "python" else javascript, columns, language), runner)
    assert kept.give(("a", ""), ("a", "x"), ("a", "")) == ["", "work: $.kept.n is missing", ""]
    assert kept.rows == {"a": {"n": 5, "m": None}}
