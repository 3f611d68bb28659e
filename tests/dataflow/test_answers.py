"""An answer of code that would need more memory than it is long is not taken apart, in either language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dataflow.functions.protocol import Failed
from dataflow.inline.process import MOST_WEIGHT, Ended, decoded
from dataflow.inline.running import Runner

PYTHON = "def f(value):\n    return [0] * value"
JAVASCRIPT = "function f(value) { return Array(value).fill(0); }"


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


@pytest.mark.parametrize(("language", "source"), [("python", PYTHON), ("javascript", JAVASCRIPT)])
def test_what_weighs_too_much_fails_alone(runner: Runner, language: str, source: str) -> None:
    number = runner.add(language=language, source=source, function="f", takes_bytes=False)
    told: list[Any] = runner.call(number, [[3], [MOST_WEIGHT + 1], [1]])
    assert told[0] == [0, 0, 0]
    assert told[1] == Failed("it answers too much")
    assert told[2] == [0]


@pytest.mark.parametrize("deep", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_what_is_nested_without_end_is_no_answer(deep: str) -> None:
    with pytest.raises(Ended, match="it makes no sense"):
        decoded(deep.encode())


def test_a_long_text_is_no_weight() -> None:
    assert decoded(b'["' + b"a" * 5_000_000 + b'"]') == ["a" * 5_000_000]
    for many in (b"[" + b"{}," * 300_000 + b"0]", b"[" + b"0," * MOST_WEIGHT + b"0]"):
        with pytest.raises(Ended, match="it answers too much"):
            decoded(many)
