"""Code in JavaScript answers as the same code in Python does, and can do as little."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dataflow.functions.protocol import Failed
from dataflow.inline.process import CodeRefused
from dataflow.inline.running import Runner
from tests.dataflow.samples import CARS, MASK, MASK_JAVASCRIPT, PLATES, SEED, seed_folder, write_package
from tests.dataflow.test_planning import BARE, planned
from tests.dataflow.test_program import outputs, run

JS_FILTER = "          const limit = 45;\n          function is_fast(car) { const mph = car.mph; return mph > limit; }"


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def answers(runner: Runner, source: str, *values: Any, takes_bytes: bool = False) -> list[Any]:
    number = runner.add(language="javascript", source=source, function="f", takes_bytes=takes_bytes)
    return [each.why if isinstance(each, Failed) else each for each in runner.call(number, [[v] for v in values])]


def test_both_languages_answer_alike(tmp_path: Path, runner: Runner) -> None:
    folder = seed_folder(tmp_path)
    records = ['{"ssn":"123-45-6789"}', "123-45-6789 078-05-1120", "poison", "", "{", '["a"]', "é 😀", "null"]
    in_python = run(planned(SEED, folder), runner, *records)
    functions = tmp_path / "_packages" / "mask-ssn-pkg" / "functions"
    assert (functions / "mask_ssn.py").read_text() == MASK
    (functions / "mask_ssn.py").unlink()
    (functions / "mask_ssn.js").write_text(MASK_JAVASCRIPT)
    in_javascript = run(planned(SEED, folder), runner, *records)
    assert [(outputs(each), each.counts) for each in in_javascript] == [(outputs(e), e.counts) for e in in_python]
    assert in_javascript[2].failure == "mask-ssn: Error in line 4"


def test_code_of_both_languages_runs_in_one_service(tmp_path: Path, runner: Runner) -> None:
    write_package(
        tmp_path / "plates", PLATES.replace("operator: map,", "operator: map, removes: [plate, name],"), bare=BARE
    )
    text = CARS[: CARS.index("          def is_fast")] + JS_FILTER + "\n"
    text += CARS[CARS.index("      - {operator: map, uses: drop-owner}") :]
    (done,) = run(
        planned(text, tmp_path),
        runner,
        b'[{"plate":"A1","mph":90,"kind":"sedan"},{"plate":"B2","mph":10,"kind":{"truck":{"tons":1.5}}}]',
    )
    assert (outputs(done), done.failure) == ([b'{"mph":90}'], "")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        2**53 - 1,
        1.5,
        1e300,
        "",
        "{",
        '{"a":1}',
        "[1]",
        "\u2028\u0000",
        [],
        [[1]],
        {"a": {"b": [None]}},
    ],
)
def test_every_value_goes_in_and_comes_out(runner: Runner, value: Any) -> None:
    assert answers(runner, "const f = x => x;", value) == [value]


def test_bytes_arrive_as_bytes(runner: Runner) -> None:
    source = "function f(b) { return b instanceof Uint8Array ? b.reverse() : null; }"
    assert answers(runner, source, b"\x00a\xff".decode("latin-1"), takes_bytes=True) == [[255, 97, 0]]


@pytest.mark.parametrize(
    ("body", "value", "why"),
    [
        ("return x + 0", 2**53, "a number is too large for JavaScript"),
        ("return x", {"id": [-(2**60)]}, "a number is too large for JavaScript"),
        ("return 0 / 0", 1, "it answers what JSON cannot hold"),
        ("return [() => 1]", 1, "it answers what JSON cannot hold"),
        ("return new Map()", 1, "it answers what JSON cannot hold"),
        ("return 10n", 1, "it answers what JSON cannot hold"),
        ("return '\\ud800'", 1, "it answers what JSON cannot hold"),
        ("\n  throw new Error(x)", "secret-mark", "Error in line 2"),
        ("throw 1", 1, "Error"),
        ("return f(x)", 1, "Error in line 1"),
        ("let s = 'a'; for (;;) s += s", 1, "it needs too much memory"),
    ],
)
def test_a_value_that_fails_fails_alone(runner: Runner, body: str, value: Any, why: str) -> None:
    source = f"function f(x) {{ if (x === 'good') return x; {body}; }}"
    assert answers(runner, source, "good", value, "good") == ["good", why, "good"]


def test_code_that_never_ends_fails_alone(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflow.inline.running.BATCH_SECONDS", 1.0)
    monkeypatch.setattr("dataflow.inline.running.ONE_SECONDS", 0.5)
    # More often than a script policy may before it rests: what a record does to a flow must not stop the others.
    values = [0, 1, 1, 1, 1, 2]
    late = "it took too long"
    assert answers(runner, "function f(x) { while (x === 1); return x; }", *values) == [0, late, late, late, late, 2]


@pytest.mark.parametrize("name", ["fetch", "require", "process", "eval", "Promise", "__host", "std", "os", "print"])
def test_code_is_locked_in(runner: Runner, name: str) -> None:
    assert answers(runner, f"function f(x) {{ return typeof {name}; }}", 1) == ["undefined"]
    escaping = "function f(x) { return (function () {}).constructor('return 1')(); }"
    assert answers(runner, escaping, 1) == ["Error in line 1"]


def test_nothing_is_kept_from_one_record_for_the_next(runner: Runner) -> None:
    source = "let seen = 0; function f(x) { seen += 1; this_is_new = x; return seen; }"
    assert answers(runner, source, 1, 2, 3) == [1, 1, 1]
    assert answers(runner, "function f(x) { Array.prototype.kept = x; return x; }", 1) == ["Error in line 1"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("function f(x) {", "in line 1"),
        ("\nfunction f(x) { return ; ) }", "in line 2"),
        ("const g = 1", "in line"),
        ("throw 1", "outermost statements"),
        ("while (true);", "it took too long"),
    ],
)
def test_code_that_cannot_be_loaded_is_refused(
    runner: Runner, source: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflow.inline.running.BATCH_SECONDS", 1.0)
    with pytest.raises(CodeRefused, match=says):
        runner.add(language="javascript", source=source, function="f", takes_bytes=False)
    assert answers(runner, "const f = x => x", 1) == [1]


def test_a_language_that_is_not_run_is_refused(runner: Runner) -> None:
    with pytest.raises(CodeRefused, match="cobol is not run here"):
        runner.add(language="cobol", source="", function="f", takes_bytes=False)
