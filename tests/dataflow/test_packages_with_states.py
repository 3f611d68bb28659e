"""Functions of packages that work with rows are tested as all others are, with rows and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow.inline.running import Runner
from dataflow.packages.trying import Tried
from tests.dataflow.samples import write_package
from tests.dataflow.test_packages import HEAD, ONE_CASE, only, tried

STATES = """\
states:
  seen: {type: keyed-state, properties: {key: {type: string}, value: {type: u32}}}
  last: {type: keyed-state, properties: {key: {type: string}, value: {type: arrow-row, properties: {the-text:
    {type: string}, n: {type: u32}}}}}
"""
CLEAN = "import re\n\n\ndef clean(text):\n    return re.sub('[0-9]', '*', text)\n\n\n"


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def declared(operator: str = "map", more: str = "", states: str = "{name: seen}, {name: last}") -> str:
    inputs = "inputs: [{name: t, type: string}], output: {type: string}"
    return f"{STATES}functions: {{f: {{operator: {operator}, states: [{states}], {inputs}{more}}}}}\n"


def test_what_it_says_to_remove_is_not_believed_of_a_function_with_states(tmp_path: Path, runner: Runner) -> None:
    removes = declared(more=", removes: [ssn]")
    write_package(tmp_path / "p", HEAD + removes, f="def f(t):\n    return t\n")
    (without,) = tried(tmp_path / "p", runner)
    assert without.wrong == ("functions/f.cases.yaml is missing; `sealbook generate` makes it",)
    leaking = only(tmp_path / "leaks", runner, removes, "def f(t):\n    return t\n", ONE_CASE)
    assert leaking.wrong[0] == 'no-leak ssn: given     "123-45-6789"\n  got       "123-45-6789"'
    masking = only(tmp_path / "masks", runner, removes, f"{CLEAN}def f(t):\n    return clean(t)\n", ONE_CASE)
    assert masking == Tried("f", ("1 case", "no-leak ssn"), ())


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ("return t if seen() and seen().value == 0 else clean(t)", '{"last": {"n": 0, "the-text": ""}, "seen": 0}'),
        ("return t if last() and last().n == 3 else clean(t)", '{"last": {"n": 3}}'),
        ("return t if seen() and seen().value == 2 else clean(t)", '{"last": {"the-text": "y"}, "seen": 2}'),
    ],
)
def test_nothing_leaks_with_blank_rows_or_with_those_of_any_case(
    tmp_path: Path, runner: Runner, body: str, rows: str
) -> None:
    cases = "cases:\n  - {given: x, states: {last: {n: 3}}, gives: x}\n"
    cases += "  - {given: y, states: {seen: 2, last: {the-text: y}}, gives: y}\n"
    found = only(tmp_path, runner, declared(more=", removes: [ssn]"), f"{CLEAN}def f(t):\n    {body}\n", cases)
    assert {each.partition(" with ")[2].partition("\n")[0] for each in found.wrong} == {rows}


def test_cases_have_rows_and_functions_that_change_them_begin_with_blank_ones(tmp_path: Path, runner: Runner) -> None:
    code = "def f(t):\n    seen().increment()\n    row = last()\n    row.update(n=row.n + 1)\n"
    code += "    return f'{seen().value} {row.n} {row.the_text}{t}' if t else None\n"
    cases = """\
cases:
  - {given: a, gives: 1 1 a}
  - {given: b, states: {seen: 4}, gives: 5 1 b}
  - {given: c, states: {last: {the-text: x}}, gives: 1 1 xc}
  - {given: '', gives: null}
properties: [total]
"""
    assert only(tmp_path / "python", runner, declared("update-state"), code, cases).wrong == ()
    script = "function f(t) { seen().increment(); const row = last(); row.update({ n: row.n + 1 });"
    script += " return t ? `${seen().value} ${row.n} ${row.the_text}${t}` : null; }"
    package = tmp_path / "javascript" / "p"
    write_package(package, HEAD + declared("update-state"))
    (package / "functions" / "f.js").write_text(script)
    (package / "functions" / "f.cases.yaml").write_text(cases)
    assert tried(package, runner) == [Tried("f", ("4 cases", "total"), ())]
    reading = only(
        tmp_path / "reading", runner, declared(), "def f(t):\n    seen().update(1)\n    return t\n", ONE_CASE
    )
    assert "got       it fails: AttributeError in line 2" in reading.wrong[0]


@pytest.mark.parametrize(
    ("states", "wrong"),
    [
        ("{seen: -1}", "what `states` has is no row: $.seen is no u32"),
        ("{last: {m: 1}}", "what `states` has is no row: $.last"),
        ("{last: 1}", "what `states` has is no row: $.last"),
        ("{other: 1}", "what `states` has is no row: it works with no state `other`"),
    ],
)
def test_rows_of_a_case_are_of_their_states(tmp_path: Path, runner: Runner, states: str, wrong: str) -> None:
    cases = f"cases: [{{given: x, states: {states}, fails: true}}]\n"
    found = only(tmp_path, runner, declared(), "def f(t):\n    raise ValueError\n", cases)
    assert found.wrong[0].startswith(f"functions/f.cases.yaml:1: {wrong}")


def test_a_state_of_which_nobody_knows_the_rows_cannot_be_tested(tmp_path: Path, runner: Runner) -> None:
    found = only(tmp_path, runner, declared(states="{name: elsewhere}"), "def f(t):\n    return t\n", ONE_CASE)
    assert "`f` works with the state `elsewhere`, of which the package has no type. Add it:" in found.wrong[0]
