"""Code that would be endless to read is refused with a message, and is read within time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from dataflow.functions.dropping import DROP_FIELD
from dataflow.functions.protocol import Failed, Secrets
from dataflow.grammar.faults import FileRefused, Place
from dataflow.grammar.flowfile import read_flow
from dataflow.grammar.spec import Inline
from dataflow.grammar.steps import LOOKS_LIKE
from dataflow.planning.signatures import Signature, signature_of
from dataflow.schemas.shapes import ANYTHING
from tests.dataflow.test_attacks import code, flow
from tests.dataflow.test_planning import refused

TOO_DEEP = "this Python is nested too deeply to be read. Write it as several statements."


def python(source: str) -> Inline:
    return Inline("python", source, Place("f", 7, 9))


@pytest.mark.parametrize(
    "source",
    [
        f"def f(x) -> {'a.' * 700}a:\n    return x\n",
        f"def f(x):\n    return {'-' * 60_000}x\n",
        f"def f(x):\n    return x{'[0]' * 20_000}\n",
        f"def f(x) -> {'1+' * 30_000}1:\n    return x\n",
        "if 1: pass\n" + "elif 1: pass\n" * 5_000,
    ],
    ids=["attributes", "signs", "items", "sums", "branches"],
)
def test_code_that_is_nested_without_end_is_refused_with_its_place(source: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        signature_of(python(source))
    assert str(refusal.value) == f"f:7:9: {TOO_DEEP}"


def test_code_that_is_nested_as_code_is_has_a_signature() -> None:
    told = f"def f(key, x) -> tuple[{'a.' * 50}a, str]:\n    return key, {'-' * 50}x\n"
    assert signature_of(python(told)) == Signature("f", takes_key=True, gives_key=True)


def test_a_plan_says_what_is_wrong_with_code_that_is_nested_without_end(tmp_path: Path) -> None:
    assert TOO_DEEP in refused(flow(code(f"def f(x) -> {'a.' * 700}a:\n    return x"), given="bare"), tmp_path)


def test_no_message_repeats_a_name_without_end() -> None:
    with pytest.raises(FileRefused) as refusal:
        signature_of(python(f"def {'f' * 60_000}(): pass\n"))
    assert str(refusal.value).endswith(
        f"`{'f' * 80}` takes 0 arguments: a function takes a value, or a key and a value"
    )


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("rust", "  pub async fn f(x: u8)"),
        ("rust", "pub(crate) fn f(x: u8)"),
        ("javascript", "\tasync function f(x)"),
        ("javascript", "  const f = x"),
        ("python", "  def f(x):"),
        ("python", "from re import sub"),
    ],
)
def test_a_language_is_seen_within_one_line(language: str, line: str) -> None:
    """What spans lines is tried again from each of them: their number squared."""
    shows = dict(LOOKS_LIKE)[language]
    for before in ("", "\n" * 5, "\r\n" * 5, "  \n" * 5):
        found = shows.search(before + line)
        assert found is not None
        assert found.start() == len(before)
    assert not shows.search("pub\n" * 5 + "async\n" * 5)


def test_code_of_empty_lines_is_read() -> None:
    source = "\n" * 60_000 + "def f(x):\n    return x"
    text = flow(code("CODE"), given="bare").replace("run: |\n          CODE", f"run: {source!r}".replace("'", '"'))
    (step,) = read_flow(text, "f").services["try"].transforms
    assert isinstance(step.code, Inline)
    assert step.code.language == "python"


def test_what_code_returns_nested_without_end_fails_alone() -> None:
    deep: Any = "x"
    for _ in range(1_000):
        deep = [deep]
    work = DROP_FIELD.prepare(ANYTHING, {"fields": ["$..a"]}, cast("Secrets", None))
    assert work([{"a": 1, "b": [2]}, deep]) == [{"b": [2]}, Failed("it is nested too deeply")]
