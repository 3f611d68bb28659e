"""What code can do with rows, what rows can be, and how long they are there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import redis

from dataflow.deadletters.concealing import KeyFile, Unreadable
from dataflow.engines.protocol import Message
from dataflow.engines.redis_streams import RedisStreams
from dataflow.inline.running import Runner
from dataflow.planning.plan import Plan
from dataflow.running.ledger import Ledger
from dataflow.running.program import Program
from dataflow.running.working import flow_id
from tests.dataflow.counting import plan
from tests.dataflow.memory import Memory
from tests.dataflow.test_planning import planned
from tests.dataflow.test_state_plans import ALLOWED, tagged

FLOW = """\
apiVersion: 0.6.0
meta: {name: keeping, version: 0.1.0, namespace: tests}
config: {converter: json}
topics:
  given: {schema: {value: {type: list, items: {type: string}}}}
  out: {schema: {value: {type: string}}}
services:
  keep:
    sources: [{type: topic, id: given}]
    states:
      kept: {type: keyed-state, properties: {key: {type: string}, value: {TYPE}}}
    partition:
      assign-key:
        run: |
          def by_first(pair):
              return pair[0] if pair[0] != "7" else 7
      update-state:
        language: LANGUAGE
        run: |
          CODE
    sinks: [{type: topic, id: out}]
"""
PYTHON = {
    "plus": "def work(pair):\n    kept().increment()\n    return str(kept().value)",
    "last": "def work(pair):\n    row = kept()\n    row.value = pair[1]\n    row.update()\n    return row.value",
    "gone": "def work(pair):\n    row = kept()\n    row.delete() if pair[1] == 'x' else row.update(row.value + 1)",
    "forgets": "def work(pair):\n    kept().value += 1\n    return str(kept().value)",
    "columns": "def work(pair):\n    row = kept()\n    row['at-last'] = pair[1]\n    row.update(n=row.n + 2)",
}
JAVASCRIPT = {
    "plus": "function work(pair) { kept().increment(); return `${kept().value}`; }",
    "last": "function work(pair) { const row = kept(); row.value = pair[1]; row.update(); return row.value; }",
    "gone": "function work([_, x]) { const row = kept(); x ? row.delete() : row.update(row.value + 1); }",
    "forgets": "function work(pair) { kept().value += 1; return `${kept().value}`; }",
    "columns": "function work(p) { const row = kept(); row.at_last = p[1]; row.update({ n: row.n + 2 }); }",
}
COLUMNS = "type: arrow-row, properties: {n: {type: i32}, at-last: {type: string, optional: true}, f: {type: f64}}"


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def keeping(code: str, type_: str = "type: u32", language: str = "python") -> Plan:
    body = "\n".join(f"          {line}" for line in code.splitlines()).strip()
    return plan(FLOW.replace("TYPE", type_).replace("CODE", body).replace("LANGUAGE", language))


class Kept:
    """One service on an engine that forgets."""

    def __init__(self, plan: Plan, runner: Runner) -> None:
        self.engine, self._service = Memory(), plan.services[0]
        self._program, self._intake = Program(self._service, runner), self.engine.intake("f", "keep", [], "w")

    def give(self, *records: tuple[str, str]) -> list[str]:
        """Work on records in one batch; return what comes out of each, or why it failed."""
        ledger = Ledger(self._intake.rows, self._intake.refuses)
        self._program._ledger = ledger
        messages = [Message(str(n), None, orjson.dumps(each)) for n, each in enumerate(records)]
        done = self._program.run("given", messages)
        for each in ledger.changes:
            if each.is_changed:
                self.engine.states[each.table, each.key] = each.value
        return [each.failure or b",".join(one.value for one in each.outputs).decode() for each in done]

    @property
    def rows(self) -> dict[str, Any]:
        found = dict(self.engine.rows("f", self._service.states[0].table))
        return {key: row for key, row in found.items() if row is not None}


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_code_changes_rows_alike_in_both_languages(runner: Runner, language: str) -> None:
    code = PYTHON if language == "python" else JAVASCRIPT
    kept = Kept(keeping(code["plus"], language=language), runner)
    assert kept.give(("a", ""), ("b", ""), ("a", "")) == ['"1"', '"1"', '"2"']
    assert kept.give(("a", ""), ("7", "")) == ['"3"', '"1"']
    assert kept.rows == {"a": 3, "b": 1, "7": 1}
    kept = Kept(keeping(code["last"], "type: string", language), runner)
    assert kept.give(("a", "x"), ("a", ""), ("b", "y")) == ['"x"', '""', '"y"']
    assert kept.rows == {"a": "", "b": "y"}
    kept = Kept(keeping(code["gone"], language=language), runner)
    assert kept.give(("a", ""), ("a", ""), ("b", ""), ("a", "x"), ("a", "")) == [""] * 5
    assert kept.give(("b", "x")) == [""]
    assert kept.rows == {"a": 1}
    kept = Kept(keeping(code["forgets"], language=language), runner)
    assert kept.give(("a", ""), ("a", "")) == ['"1"', '"1"']
    assert kept.rows == {}
    kept = Kept(keeping(code["columns"], COLUMNS, language), runner)
    kept.give(("__proto__", "x"), ("b", "y"), ("__proto__", "z"))
    assert kept.rows == {"__proto__": {"n": 4, "at-last": "z", "f": 0.0}, "b": {"n": 2, "at-last": "y", "f": 0.0}}


@pytest.mark.parametrize(
    ("type_", "set_to", "failure"),
    [
        ("type: u32", "-1", "work: $.kept is no u32"),
        ("type: u32", "2**32", "work: $.kept is no u32"),
        ("type: i64", "1.5", "work: $.kept is no i64"),
        ("type: i32", "True", "work: $.kept is no i32"),
        ("type: bool", "0", "work: $.kept is neither true nor false"),
        ("type: f64", "float('inf')", "work: ValueError"),
        ("type: string", "7", "work: $.kept is no string"),
        ("type: string", "'x' * 70000", "work: $.kept is larger than 64 KiB"),
        ("type: string", "object()", "work: TypeError"),
    ],
)
def test_a_row_that_its_type_does_not_allow_fails_the_record_and_stays(
    runner: Runner, type_: str, set_to: str, failure: str
) -> None:
    code = f"def work(pair):\n    row = kept()\n    if pair[1] == 'bad':\n        row.update({set_to})\n    else:\n"
    kept = Kept(keeping(code + "        row.update()\n    return repr(row.value)", type_), runner)
    first, bad, last = kept.give(("a", ""), ("a", "bad"), ("a", ""))
    assert bad.startswith(failure)
    assert first == last
    assert len(kept.rows) == 1


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("kept().m = 1", "work: AttributeError in line 2"),
        ("kept().update(m=1)", "work: AttributeError in line 2"),
        ("kept()['m']", "work: KeyError in line 2"),
        ("kept().update(n='x')", "work: $.kept.n is no i32"),
    ],
)
def test_a_row_has_the_columns_of_its_type(runner: Runner, code: str, failure: str) -> None:
    kept = Kept(keeping(f"def work(pair):\n    {code}", COLUMNS), runner)
    assert kept.give(("a", "")) == [failure]
    assert kept.rows == {}
    javascript = "function work(pair) { const row = kept(); row.m = 1; row.update(); }"
    assert Kept(keeping(javascript, COLUMNS, "javascript"), runner).give(("a", "")) == ["work: Error in line 1"]


def test_numbers_that_javascript_cannot_hold_fail(runner: Runner) -> None:
    code = "function work([_, x]) { kept().increment(x === 'much' ? 2 ** 53 : 1); return `${kept().value}`; }"
    kept = Kept(keeping(code, "type: i64", "javascript"), runner)
    too_large = "work: a number is too large for JavaScript"
    assert kept.give(("a", ""), ("a", "much"), ("a", "")) == ['"1"', too_large, '"2"']
    (state,) = kept._service.states
    kept.engine.states[state.table, "b"] = 2**60
    assert kept.give(("a", ""), ("b", ""), ("a", "")) == ['"3"', too_large, '"4"']


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_code_that_never_ends_fails_alone_and_changes_nothing(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr("dataflow.inline.running.BATCH_SECONDS", 1.0)
    monkeypatch.setattr("dataflow.inline.running.ONE_SECONDS", 0.5)
    code = "def work(p):\n    kept().increment()\n    while p[1] == 'on':\n        pass\n    return str(kept().value)"
    if language == "javascript":
        code = "function work(p) { kept().increment(); while (p[1] === 'on'); return `${kept().value}`; }"
    kept = Kept(keeping(code, language=language), runner)
    assert kept.give(("a", ""), ("a", "on"), ("a", ""), ("b", "")) == ['"1"', "work: it took too long", '"2"', '"1"']
    assert kept.rows == {"a": 2, "b": 1}


def test_a_key_is_a_text_or_a_whole_number(runner: Runner) -> None:
    text = FLOW.replace(
        'pair[0] if pair[0] != "7" else 7', "{'n': None, 'f': 1.5, 'b': True, 'l': 'x' * 1025}[pair[0]]"
    )
    text = text.replace("CODE", "\n          ".join(PYTHON["plus"].splitlines())).replace("TYPE", "type: u32")
    kept = Kept(plan(text.replace("LANGUAGE", "python")), runner)
    none, long = "by-first: a key is a text or a whole number", "by-first: a key has at most 1024 characters"
    assert kept.give(("n", ""), ("f", ""), ("b", ""), ("l", "")) == [none, none, none, long]


def test_columns_of_a_version_before_are_left_out_and_new_ones_begin_anew(runner: Runner) -> None:
    kept = Kept(keeping(PYTHON["columns"], COLUMNS), runner)
    (state,) = kept._service.states
    kept.engine.states[state.table, "a"] = {"n": 5, "old": 1}
    kept.give(("a", "x"))
    assert kept.rows == {"a": {"n": 7, "at-last": "x", "f": 0.0}}


def work(plan: Plan, runner: Runner, engine: RedisStreams, number: int, *records: Any) -> None:
    service = plan.services[number]
    topic = service.sources[0].topic.wire_name
    engine.produce(topic, [(None, each if isinstance(each, bytes) else orjson.dumps(each)) for each in records])
    intake = engine.intake(flow_id(plan), service.name, [(topic, "0")], "w")
    batch = intake.take(most=len(records), wait=1.0)
    assert batch is not None
    ledger = Ledger(intake.rows, intake.refuses)
    outcomes = Program(service, runner).work(batch, ledger)
    assert intake.committing(batch, outcomes, ledger.changes)() == len(records)


def test_a_row_that_was_not_changed_for_long_is_gone(engine: RedisStreams, client: redis.Redis, runner: Runner) -> None:
    flow = plan(
        FLOW.replace("{type: keyed-state,", "{type: keyed-state, ttl: 1h,")
        .replace("TYPE", "type: u32")
        .replace("LANGUAGE", "python")
        .replace("CODE", "\n          ".join(PYTHON["plus"].splitlines()))
    )
    work(flow, runner, engine, 0, ("a", ""), ("b", ""), ("c", ""))
    place = engine.state(flow_id(flow), "keep", "kept")
    assert 3_500_000 < client.pttl(place) <= 3_600_000
    for key in (b"a", b"b"):  # as if that had been two hours ago
        touched, _, body = client.hget(place, key).partition(b":")
        client.hset(place, key, b"%d:%s" % (int(touched) - 7_200_000, body))
        client.zincrby(f"{place}:touched", -7_200_000, key)
    (state,) = flow.services[0].states
    assert dict(engine.rows(flow_id(flow), state.table)) == {"c": 1}
    work(flow, runner, engine, 0, ("a", ""), ("c", ""))
    assert dict(engine.rows(flow_id(flow), state.table)) == {"a": 1, "c": 2}
    assert set(client.hkeys(place)) == set(client.zrange(f"{place}:touched", 0, -1)) == {b"a", b"c"}


def test_rows_go_faster_than_new_ones_come(engine: RedisStreams, client: redis.Redis, runner: Runner) -> None:
    text = FLOW.replace("{type: keyed-state,", "{type: keyed-state, ttl: 1h,").replace("TYPE", "type: u32")
    code = "\n          ".join(PYTHON["plus"].splitlines())
    flow = plan(text.replace("LANGUAGE", "python").replace("CODE", code))
    place = engine.state(flow_id(flow), "keep", "kept")
    old = {f"old-{n}": 1 for n in range(5_000)}
    client.hset(place, mapping=dict.fromkeys(old, b"1:1"))
    client.zadd(f"{place}:touched", old)
    work(flow, runner, engine, 0, *((f"new-{n}", "") for n in range(100)))
    assert client.hlen(place) == client.zcard(f"{place}:touched") == 5_100 - 400
    work(flow, runner, engine, 0, *((f"new-{n}", "") for n in range(2_300)))
    assert client.hlen(place) == client.zcard(f"{place}:touched") == 2_300


def test_rows_with_personal_data_lie_sealed_under_keyed_hashes(
    engine: RedisStreams, client: redis.Redis, runner: Runner, tmp_path: Path
) -> None:
    text = tagged(ALLOWED).replace("  told: {", "  told: {privacy: {pii: [phone], expires: 1d}, ")
    flow = planned(text, tmp_path)
    number = "+44 7700 900777"
    work(flow, runner, engine, 0, *[{"phone": number, "cost": 41_000_000 + n} for n in range(2)])
    work(flow, runner, engine, 0, {"phone": number, "cost": 1})
    (state,) = flow.services[0].states
    assert dict(engine.rows(flow_id(flow), state.table)) == {number: 82_000_002}
    place = engine.state(flow_id(flow), "add-up", "cost") + ":sealed"
    there = client.dump(place) + client.dump(f"{place}:touched")
    assert client.hlen(place) == 1
    assert not any(mark in there for mark in (b"900777", b"82000002", number.encode()))
    work(flow, runner, engine, 1, number.encode(), b"another")
    told = list(engine.consume("told", beginning=True, wait=None))
    assert [each.value for each in told] == [b"82000002", b"None"]
    tag = place.split(":topic")[0].split("{")[1].split("}")[0]
    stranger = RedisStreams(client, environment=tag, conceal=KeyFile(tmp_path / "other.key"))
    with pytest.raises(Unreadable):
        list(stranger.rows(flow_id(flow), state.table))
