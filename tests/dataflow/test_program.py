"""A compiled service says of each message what becomes of it; one that fails takes no other with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from dataflow.engines.protocol import Done, Message
from dataflow.inline.process import CodeRefused
from dataflow.inline.running import Runner
from dataflow.planning.plan import Plan
from dataflow.running.program import Program
from tests.dataflow.samples import CARS, PLATES, SEED, seed_folder, write_package
from tests.dataflow.test_planning import BARE, planned


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def run(plan: Plan, runner: Runner, *records: str | bytes) -> list[Done]:
    (service,) = plan.services
    given = [Message(str(n), None, each.encode() if isinstance(each, str) else each) for n, each in enumerate(records)]
    return Program(service, runner).run(service.sources[0].topic.wire_name, given)


def outputs(done: Done) -> list[bytes]:
    return [each.value for each in done.outputs]


@pytest.fixture
def cars(tmp_path: Path) -> Path:
    text = PLATES.replace("operator: map,", "operator: map, removes: [plate, name],")
    write_package(tmp_path / "plates", text, bare=BARE)
    return tmp_path


def test_a_record_that_fails_puts_out_nothing_and_the_others_go_on(tmp_path: Path, runner: Runner) -> None:
    plan = planned(SEED, seed_folder(tmp_path))
    first, second, third, fourth = run(plan, runner, "a 123-45-6789", "poison", b"\xff", "b")
    assert (outputs(first), outputs(fourth)) == ([b"a ***-**-****"], [b"b"])
    assert first.counts == (("mask-ssn-service/mask-ssn", "succeeded"), ("mask-ssn-service", "succeeded"))
    assert (outputs(second), second.failure) == ([], "mask-ssn: ValueError in line 8")
    assert second.counts == (("mask-ssn-service/mask-ssn", "failed"), ("mask-ssn-service", "failed"))
    assert (third.failure, third.counts) == ("user-info: no UTF-8 at byte 0", (("mask-ssn-service", "failed"),))


def test_operators_filter_spread_and_rename(cars: Path, runner: Runner) -> None:
    records = [
        [{"plate": "A1", "mph": 90, "kind": "sedan"}, {"plate": "B2", "mph": 10, "kind": {"truck": {"tons": 1.5}}}],
        [],
        [{"plate": "C3", "mph": 255, "kind": "sedan", "owner": {"name": "Ada"}, "unknown": "goes nowhere"}],
    ]
    done = run(planned(CARS, cars), runner, *(orjson.dumps(each) for each in records))
    assert [outputs(each) for each in done] == [[b'{"mph":90}'], [], [b'{"mph":255}']]
    assert not any(each.failure for each in done)


@pytest.mark.parametrize(
    ("record", "failure"),
    [
        ("{", "seen: no JSON at character 1"),
        ("{}", "seen: the record is no list"),
        ('[{"plate": "A", "mph": 256, "kind": "sedan"}]', "seen: $[0].mph is no u8"),
        ('[{"plate": "A", "mph": true, "kind": "sedan"}]', "seen: $[0].mph is no u8"),
        ('[{"plate": 1, "mph": 1, "kind": "sedan"}]', "seen: $[0].plate is no string"),
        ('[{"mph": 1, "kind": "sedan"}]', "seen: $[0].plate is missing"),
        ('[{"plate": "A", "mph": 1, "kind": "bus"}]', "seen: $[0].kind is none of sedan, truck"),
        ('[{"plate": "A", "mph": 1, "kind": {"truck": {"tons": 1e999}}}]', "seen: no JSON"),
    ],
)
def test_a_record_of_another_schema_fails_and_says_where(cars: Path, runner: Runner, record: str, failure: str) -> None:
    good = '[{"plate": "A", "mph": 99, "kind": "sedan"}]'
    bad, fine = run(planned(CARS, cars), runner, record, good)
    assert bad.failure.startswith(failure)
    assert (outputs(bad), outputs(fine)) == ([], [b'{"mph":99}'])


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("return {'mph': 'fast'}", "drop-owner: $.mph is no u8"),
        ("return {'mph': 1, 'license': 'A1'}", "drop-owner: the record has a field that its type does not have"),
        ("return None", "drop-owner: the record is no object"),
        ("return {'mph': float('nan')}", "drop-owner: ValueError"),
        ("raise RuntimeError(car['license'])", "drop-owner: RuntimeError in line 2"),
    ],
)
def test_code_that_answers_what_it_should_not_fails_the_record(
    cars: Path, runner: Runner, body: str, failure: str
) -> None:
    (cars / "plates" / "functions" / "bare.py").write_text(f"def bare(car):\n    {body}\n")
    (done,) = run(planned(CARS, cars), runner, '[{"plate": "A1", "mph": 99, "kind": "sedan"}]')
    assert (outputs(done), done.failure.startswith(failure)) == ([], True), done.failure
    assert "A1" not in done.failure


def test_code_is_locked_in(runner: Runner) -> None:
    attempts = {
        "open('/etc/passwd')": "PermissionError",
        "__import__('socket').socket()": "ModuleNotFoundError",
        "__import__('os').fork()": "PermissionError",
        "__import__('os').kill(1, 9)": "PermissionError",
        "__import__('posix').execv('/bin/true', ['true'])": "PermissionError",
        "open('/left', 'w')": "PermissionError",
    }
    for attempt, error in attempts.items():
        number = runner.add(source=f"def f(x):\n    {attempt}\n", function="f", takes_bytes=False)
        (answer,) = runner.call(number, [[1]])
        assert answer.why == f"{error} in line 2", attempt
    number = runner.add(source="import os\ndef f(x):\n    return dict(os.environ)\n", function="f", takes_bytes=False)
    assert runner.call(number, [[1]]) == [{}]


def test_a_value_that_never_ends_or_kills_fails_alone(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflow.inline.running.BATCH_SECONDS", 2.0)
    monkeypatch.setattr("dataflow.inline.running.ONE_SECONDS", 1.0)
    source = """
def f(x):
    while x == 1:
        pass
    if x == 2:
        __import__("os")._exit(0)
    if x == 3:
        return "a" * 10**10
    return x
"""
    number = runner.add(source=source, function="f", takes_bytes=False)
    answers = runner.call(number, [[each] for each in range(5)])
    assert [getattr(each, "why", each) for each in answers] == [
        0,
        "it took too long",
        "it ended",
        "MemoryError in line 8",
        4,
    ]


@pytest.mark.parametrize("source", ["def f(:", "raise SystemExit", "while True: pass", "x = 1"])
def test_code_that_cannot_be_loaded_is_refused(runner: Runner, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflow.inline.running.BATCH_SECONDS", 1.0)
    with pytest.raises(CodeRefused):
        runner.add(source=source, function="f", takes_bytes=False)


KEYED = """\
apiVersion: 0.5.0
meta: {name: keys, version: 0.1.0, namespace: tests}
topics:
  users: {schema: {key: {type: string}, value: {type: string}}}
  grouped: {schema: {key: {type: string}, value: {type: string}}}
services:
  group:
    sources: [{type: topic, id: users}]
    transforms:
      - operator: map
        run: |
          def greet(key: str | None, value: str) -> str:
              return f"{key}:{value}"
      - operator: map
        run: |
          def regroup(key: str | None, value: str) -> tuple[str, str]:
              return ("long", value) if len(value) > 6 else BODY
    sinks: [{type: topic, id: grouped}]
"""


@pytest.mark.parametrize(("body", "key"), [("(None, value)", b"k"), ('("short", value)', b"short")])
def test_keys_are_given_to_code_and_changed_by_it(tmp_path: Path, runner: Runner, body: str, key: bytes) -> None:
    (service,) = planned(KEYED.replace("BODY", body), tmp_path).services
    messages = [Message("1", b"k", b"a"), Message("2", None, b"abcdef")]
    short, long = Program(service, runner).run("users", messages)
    assert [(each.key, each.value) for each in short.outputs] == [(key, b"k:a")]
    assert [(each.key, each.value) for each in long.outputs] == [(b"long", b"None:abcdef")]


def test_code_that_says_to_give_a_key_and_gives_none_fails_the_record(tmp_path: Path, runner: Runner) -> None:
    (service,) = planned(KEYED.replace("BODY", "value"), tmp_path).services
    (done,) = Program(service, runner).run("users", [Message("1", b"k", b"a")])
    assert (done.outputs, done.failure) == ((), "regroup: the record is no pair of a key and a value")
