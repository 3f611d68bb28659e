"""The tests of a package say what its functions do wrong, and nothing where they do nothing wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow.grammar.faults import FileRefused, Place
from dataflow.inline.running import Runner
from dataflow.packages.cases import read_cases
from dataflow.packages.folders import open_folder
from dataflow.packages.generating import generate
from dataflow.packages.library import find_folders
from dataflow.packages.trying import Tried, try_package
from tests.dataflow.samples import MASK, MASK_CASES, MASK_JAVASCRIPT, PACKAGE, seed_folder, write_package

HEAD = "apiVersion: 0.6.0\nmeta: {name: p, version: 0.1.0, namespace: example}\n"
CAR = """\
types:
  car: {type: object, properties: {plate: {type: string, pii: plate}, mph: {type: u8}, note: {type: string}}}
"""
ONE_CASE = "cases: [{given: x, gives: x}]\n"


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def tried(folder: Path, runner: Runner) -> list[Tried]:
    package = open_folder(folder, Place())
    return try_package(package, find_folders(folder, dev=package.file.dev), runner)


def only(folder: Path, runner: Runner, declared: str, code: str, cases: str) -> Tried:
    """Return what came of the tests of one function, `f`."""
    write_package(folder / "p", HEAD + declared, f=code)
    (folder / "p" / "functions" / "f.cases.yaml").write_text(cases)
    (found,) = tried(folder / "p", runner)
    return found


def text_to_text(more: str = "") -> str:
    return f"functions: {{f: {{operator: map, inputs: [{{name: t, type: string}}], output: {{type: string}}{more}}}}}\n"


def test_the_package_of_the_seed_passes_its_own_tests_in_python_and_in_javascript(
    tmp_path: Path, runner: Runner
) -> None:
    package = seed_folder(tmp_path).parent / "_packages" / "mask-ssn-pkg"
    passed = [Tried("mask-ssn", ("4 cases", "no-leak ssn", "idempotent", "total"), ())]
    assert tried(package, runner) == passed
    (package / "functions" / "mask_ssn.py").unlink()
    (package / "functions" / "mask_ssn.js").write_text(MASK_JAVASCRIPT)
    assert tried(package, runner) == passed


def test_a_case_that_fails_shows_what_was_given_expected_and_got(tmp_path: Path, runner: Runner) -> None:
    cases = "cases:\n  - {given: a, gives: a}\n  - {given: b, gives: c}\n  - {given: d, fails: true}\n"
    found = only(tmp_path, runner, text_to_text(), "def f(t):\n    return t\n", cases)
    assert found.wrong == (
        'functions/f.cases.yaml:3: given     "b"\n  expected  "c"\n  got       "b"',
        'functions/f.cases.yaml:4: given     "d"\n  expected  that it fails\n  got       "d"',
    )


@pytest.mark.parametrize(
    ("code", "got"),
    [
        ("return 1", "it fails: the record is no string"),
        ("raise KeyError(t)", "it fails: KeyError in line 2"),
        ("while True: pass", "it fails: it took too long"),
        ("return open('/etc/hostname').read()", "it fails: PermissionError in line 2"),
    ],
)
def test_code_that_fails_is_told_by_the_kind_and_the_line(
    tmp_path: Path, runner: Runner, code: str, got: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflow.inline.running.BATCH_SECONDS", 1.0)
    found = only(tmp_path, runner, text_to_text(), f"def f(t):\n    {code}\n", ONE_CASE)
    assert found.wrong == (f'functions/f.cases.yaml:1: given     "x"\n  expected  "x"\n  got       {got}',)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("return t", True),
        ("return t.replace('-', ' ')", True),
        ("return t.replace('123-45-6789', '***')", True),  # one number is known to it, the others go through
        ("return __import__('re').sub(r'[0-9]{3}-[0-9]{2}-', '***-**-', t)", False),
        ("raise ValueError", True),  # what never answers shows nothing
    ],
)
def test_what_is_said_to_be_taken_out_is_taken_out(tmp_path: Path, runner: Runner, body: str, wrong: bool) -> None:
    found = only(tmp_path, runner, text_to_text(", removes: [ssn]"), f"def f(t):\n    {body}\n", ONE_CASE)
    assert found.tested == ("1 case", "no-leak ssn")
    assert any(each.startswith("no-leak ssn: ") for each in found.wrong) is wrong


def test_a_tagged_field_is_filled_with_values_of_its_own(tmp_path: Path, runner: Runner) -> None:
    declared = f"{CAR}functions: {{f: {{operator: map, inputs: [{{name: c, type: car}}], output: {{type: car}}"
    declared += ", removes: [plate]}}\n"
    given = "{plate: A, mph: 1, note: n}"
    cases = f"cases: [{{given: {given}, gives: {{plate: '', mph: 1, note: n}}}}]\n"
    hides, code = 'def f(c):\n    return {**c, "plate": ""}\n', "def f(c):\n    return c\n"
    without = only(tmp_path / "without", runner, declared, hides, cases)
    assert without.wrong == (
        "no-leak plate: there are no values to test it with; write some under `corpus: {plate: [...]}`",
    )
    corpus = f"{cases}corpus: {{plate: [XYZ-987]}}\n"
    assert only(tmp_path / "hides", runner, declared, hides, corpus).wrong == ()
    leaks = only(tmp_path / "leaks", runner, declared, code, corpus).wrong
    assert 'no-leak plate: given     {"mph": 0, "note": "x", "plate": "XYZ-987"}' in leaks[1]


@pytest.mark.parametrize(
    ("properties", "body", "wrong"),
    [
        ("idempotent", "return t + 'x'", 'idempotent: given     "xx"'),
        ("total", "return str(int(t)) if t.isdigit() else t", 'total: given     "1111'),
        ("total", "return t if t else None", 'total: given     ""\n  got       it fails: the record is no string'),
    ],
)
def test_properties_are_held_against_texts_that_programs_stumble_over(
    tmp_path: Path, runner: Runner, properties: str, body: str, wrong: str
) -> None:
    cases = f"cases: [{{given: x, gives: {'xx' if 'x' in body else 'x'}}}]\nproperties: [{properties}]\n"
    found = only(tmp_path, runner, text_to_text(), f"def f(t):\n    {body}\n", cases)
    assert found.wrong
    assert found.wrong[0].startswith(wrong)


def test_filters_keys_and_bytes_are_called_as_in_a_flow(tmp_path: Path, runner: Runner) -> None:
    declared = """\
functions:
  keep: {operator: filter, inputs: [{name: t, type: string}], output: {type: bool}, removes: [ssn]}
  named:
    operator: map
    inputs: [{name: t, type: string}, {name: k, type: string, kind: key}]
    output: {type: key-value, properties: {key: {type: string}, value: {type: string}}}
  turned: {operator: map, inputs: [{name: b, type: bytes}], output: {type: bytes}}
  split: {operator: flat-map, inputs: [{name: t, type: string}], output: {type: list, items: {type: string}}}
  maybe: {operator: filter-map, inputs: [{name: t, type: string}], output: {type: string}}
"""
    write_package(
        tmp_path / "p",
        HEAD + declared,
        keep="def keep(t):\n    return not any(map(str.isdigit, t))\n",
        named="def named(k, t):\n    return k, f'{k}={t}'\n",
        turned="def turned(b):\n    return bytes(reversed(b))\n",
        split="def split(t):\n    return t.split()\n",
        maybe="def maybe(t):\n    return t or None\n",
    )
    cases = {
        "keep": "cases: [{given: a, gives: true}, {given: '1', gives: false}]",
        "named": "cases: [{key: k, given: v, gives: [k, k=v]}]",
        "turned": "cases: [{given: abc, gives: cba}]",
        "split": "cases: [{given: a b, gives: [a, b]}, {given: '', gives: []}]",
        "maybe": "cases: [{given: a, gives: a}, {given: '', gives: null}]",
    }
    for name, text in cases.items():
        (tmp_path / "p" / "functions" / f"{name}.cases.yaml").write_text(text)
    assert [each for each in tried(tmp_path / "p", runner) if each.wrong] == []
    (tmp_path / "p" / "functions" / "keep.cases.yaml").write_text("cases: [{given: a, gives: 1}]")
    assert "a filter answers true or false" in tried(tmp_path / "p", runner)[0].wrong[0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("cases: [{gives: 1}]", "f:1:9: cases[0]: `given` is missing"),
        ("cases: [{given: 1}]", "f:1:9: cases[0]: a case says either"),
        ("cases: [{given: 1, gives: 1, fails: true}]", "f:1:9: cases[0]: a case says either"),
        ("cases: [{given: 1, gvies: 1, gives: 2}]", "f:1:20: cases[0].gvies: `gvies` is unknown here"),
        ("properties: [quick]", "f:1:13: properties: `quick` is none of idempotent, total"),
        ("corpus: {A B: [x]}", "f:1:15: corpus.A B: `A B` is no category"),
        ("- {given: 1}", "f:1:1: a file is a mapping"),
        ("cases: [", "f:2:1: this is no YAML"),
    ],
)
def test_faults_of_a_file_of_tests_are_told_with_their_place(text: str, fault: str) -> None:
    with pytest.raises(FileRefused) as caught:
        read_cases(text, "f")
    assert str(caught.value).startswith(fault)


def test_a_function_without_tests_or_code_does_not_pass(tmp_path: Path, runner: Runner) -> None:
    package = tmp_path / "p"
    write_package(package, PACKAGE)
    assert tried(package, runner)[0].wrong == (
        "functions/mask_ssn.cases.yaml is missing; `sealbook generate` makes it",
    )
    (package / "functions" / "mask_ssn.cases.yaml").write_text(MASK_CASES)
    assert "has no code that runs here" in tried(package, runner)[0].wrong[0]
    (package / "functions" / "mask_ssn.py").write_text("def other(x): ...\n")
    assert tried(package, runner)[0].wrong == ("its code cannot be loaded: KeyError",)
    (package / "functions" / "mask_ssn.py").write_text(MASK)
    (package / "functions" / "mask_ssn.cases.yaml").write_text("cases: []")
    assert tried(package, runner)[0].wrong == ("functions/mask_ssn.cases.yaml has no cases",)


@pytest.mark.parametrize(("language", "ending"), [("python", "py"), ("javascript", "js")])
def test_files_are_made_once_and_load(tmp_path: Path, runner: Runner, language: str, ending: str) -> None:
    declared = f"""{CAR}
functions:
  add-all:
    operator: map
    inputs: [{{name: c, type: car}}, {{name: k, type: string, kind: key}}]
    output: {{type: car}}
  to-text: {{operator: filter-map, inputs: [{{name: n, type: f64}}], output: {{type: string}}, removes: [ssn]}}
"""
    (tmp_path / "sdf-package.yaml").write_text(HEAD + declared)
    package = open_folder(tmp_path, Place())
    find = find_folders(tmp_path, dev=package.file.dev)
    made = generate(package, find, functions=[], language=language)
    assert sorted(each.name for each in made) == [
        *("add_all.cases.yaml", f"add_all.{ending}", "to_text.cases.yaml", f"to_text.{ending}"),
    ]
    assert generate(package, find, functions=[], language=language) == []
    assert [each.wrong for each in tried(tmp_path, runner)] == [
        ("functions/add_all.cases.yaml has no cases",),
        ("functions/to_text.cases.yaml has no cases",),
    ]
    if language == "python":
        written = (tmp_path / "functions" / "add_all.py").read_text()
        assert "def add_all(k: str | None, c: dict[str, Any]) -> dict[str, Any]:" in written
        assert "def to_text(n: float) -> str | None:" in (tmp_path / "functions" / "to_text.py").read_text()
