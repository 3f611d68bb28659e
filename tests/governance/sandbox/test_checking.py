"""What may be published as a script, and what its author is told."""

from __future__ import annotations

import pytest

from governance.policies.sandbox import ScriptRefused, check_script, run_policy

from .conftest import script


@pytest.mark.parametrize(
    "source",
    [
        "function policy(context, params) { return true }",
        "const policy = (context) => context.user !== undefined;",
        "let limit = 3\nfunction policy(context) { return context.n < limit } // done",
        "// an import of cars, awaiting eval\nfunction policy() { return 'async' === \"Promise\" }",
        "function policy(c) { return /['\"]/.test(c.eval) && c.import.await }",
        "'use strict'; class Rule { static admits() { return true } }\nvar policy = Rule.admits",
        "<!-- an old comment\nfunction policy() { return true }\n--> another",
    ],
)
def test_a_script_that_defines_its_function_passes_and_runs(source: str) -> None:
    check_script(source, function="policy")
    assert len(run_policy(script(source), [{"user": 1, "n": 1, "import": {}}], {})) == 1


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("function policy() {\n  return )\n}", 2, 10),
        ("function policy() {", 1, 20),
        ("return f; }; x; { function policy() {}", 1, 1),
        ("}); globalThis.x = 1; (function () { function policy() { return true }", 1, 1),
        ("function policy() { return true }\n/* open", 2, 1),
        ("function policy() { return `${", 1, 31),
        ("function policy() { with (a) { return true } }", 1, 21),
        ("function policy() { return 017 }", 1, 28),
        ("let a = 1;\nlet a = 2;", 2, 7),
    ],
)
def test_a_text_that_is_no_script_is_refused_at_its_place(source: str, line: int, column: int) -> None:
    with pytest.raises(ScriptRefused) as refusal:
        check_script(source, function="policy")
    assert refusal.value.line == line
    assert abs(refusal.value.column - column) <= 1


@pytest.mark.parametrize(
    ("source", "word", "place"),
    [
        ("async function policy() { return true }", "async", (1, 1)),
        ("function policy() {\n  Promise.resolve() }", "Promise", (2, 3)),
        ("const policy = () => import('fs')", "import", (1, 22)),
        ("import fs from 'fs'\nfunction policy() {}", "import", (1, 1)),
        ("function policy() { return eval('true') }", "eval", (1, 28)),
        ("const policy = () => [...async () => 1]", "async", (1, 26)),
        ("const policy = () => `${ eval('1') }`", "eval", (1, 26)),
    ],
)
def test_words_that_cannot_work_are_refused_at_their_place(source: str, word: str, place: tuple[int, int]) -> None:
    with pytest.raises(ScriptRefused, match=word) as refusal:
        check_script(source, function="policy")
    assert (refusal.value.line, refusal.value.column) == place


@pytest.mark.parametrize(
    "source",
    [
        "",
        "function transform() {}",
        "const policy = true",
        "function outer() { function policy() {} }",
        "{ let policy = () => true }",
    ],
)
def test_a_text_without_the_function_is_refused(source: str) -> None:
    with pytest.raises(ScriptRefused, match="no function policy is defined"):
        check_script(source, function="policy")


def test_the_function_asked_for_is_the_one_that_counts() -> None:
    check_script("function transform(data) { return data }", function="transform")
    with pytest.raises(ScriptRefused):
        check_script("function policy(data) { return true }", function="transform")


@pytest.mark.parametrize(
    "outermost",
    [
        "for (;;);",
        "const a = []; for (;;) a.push(new Array(1000))",
        "(function f() { f() })()",
        "throw null",
        "throw 'no'",
        "missing()",
        "const p = new Uint8Array(1e9)",
    ],
)
def test_outermost_statements_that_fail_or_never_end_are_refused(outermost: str) -> None:
    with pytest.raises(ScriptRefused):
        check_script(f"{outermost}\nfunction policy() {{ return true }}", function="policy")


@pytest.mark.parametrize(
    "source", ["function policy() {}\0", "function policy() { return '\ud800' }", "//" + "x" * 65_536]
)
def test_a_text_that_is_unreadable_or_too_long_is_refused(source: str) -> None:
    with pytest.raises(ScriptRefused):
        check_script(source, function="policy")


@pytest.mark.parametrize(
    "marked", ["const a = '4111marked' 'x'", "@4111marked", "throw '4111marked'", "x4111marked y", "a4111marked()"]
)
def test_a_refusal_quotes_nothing_of_the_text(marked: str) -> None:
    with pytest.raises(ScriptRefused) as refusal:
        check_script(marked, function="policy")
    assert "4111" not in str(refusal.value)


def test_names_of_host_calls_are_known_at_publish_and_cannot_be_taken() -> None:
    offered = frozenset({"checkAttribute"})
    check_script("const policy = () => checkAttribute('a', 'b', 'c') === true", function="policy", host_calls=offered)
    with pytest.raises(ScriptRefused):
        check_script("let checkAttribute = 1; const policy = () => true", function="policy", host_calls=offered)
