"""The tests of a package, which a server runs while somebody waits, take no more time, room or processes than said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dataflow.functions.protocol import Failed
from dataflow.grammar.faults import FileRefused, Place
from dataflow.grammar.packagefile import MOST_FUNCTIONS, read_package
from dataflow.inline.process import CodeRefused, Ended
from dataflow.inline.running import BATCH_SECONDS, LATE, PROCESSES, Runner
from dataflow.packages.folders import open_folder
from dataflow.packages.library import find_folders
from dataflow.packages.trying import MOST_WRONG, Tried, try_package
from tests.dataflow.samples import write_package

HEAD = "apiVersion: 0.6.0\nmeta: {name: p, version: 0.1.0, namespace: example}\n"
TEXT = "{operator: map, inputs: [{name: t, type: string}], output: {type: string}}"


class Clock:
    """A clock that stands still until something takes time."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Endless:
    """A process in which whatever is asked takes as long as it may."""

    began = 0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        Endless.began += 1

    def load(self, _: int, *, seconds: float, **__: Any) -> None:
        self._clock.now += seconds
        raise Ended("it took too long")

    def kill(self) -> None:
        pass


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("dataflow.inline.running.monotonic", clock)
    monkeypatch.setattr(Endless, "began", 0)
    return clock


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many processes there were each time that one began."""
    there: set[int] = set()
    counted: list[int] = []

    class Counted:
        def __init__(self) -> None:
            self._process = PROCESSES["python"]()
            there.add(id(self))
            counted.append(len(there))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._process, name)

        def kill(self) -> None:
            there.discard(id(self))
            self._process.kill()

    monkeypatch.setattr("dataflow.inline.running.PROCESSES", {"python": Counted})
    return counted


def package(folder: Path, functions: Sequence[str], declared: str = TEXT, cases: str = "{given: x, gives: x}") -> Path:
    told = ", ".join(f"{each}: {declared}" for each in functions)
    code = {each: f"def {each}(t):\n    return t  # {each}\n" for each in functions}
    write_package(folder, f"{HEAD}functions: {{{told}}}\n", **code)
    for each in functions:
        (folder / "functions" / f"{each}.cases.yaml").write_text(f"cases: [{cases}]\nproperties: [total]\n")
    return folder


def tried(folder: Path, runner: Runner) -> list[Tried]:
    found = open_folder(folder, Place())
    return try_package(found, find_folders(folder, dev=found.file.dev), runner)


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def test_what_is_loaded_without_end_takes_the_time_of_all_together(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflow.inline.running.PROCESSES", {"python": lambda: Endless(clock)})
    runner, begin, why = Runner(seconds=2.5 * BATCH_SECONDS), clock.now, []
    for number in range(6):
        with pytest.raises(CodeRefused) as refused:
            runner.add(source=f"while True: pass  # {number}", function="f", takes_bytes=False)
        why.append(str(refused.value))
    assert why == ["it took too long"] * 3 + [LATE] * 3
    assert clock.now - begin == 2.5 * BATCH_SECONDS
    assert Endless.began == 3


def test_what_has_no_end_of_time_is_loaded_each(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflow.inline.running.PROCESSES", {"python": lambda: Endless(clock)})
    runner, begin = Runner(), clock.now
    for number in range(2):
        with pytest.raises(CodeRefused, match="it took too long"):
            runner.add(source=f"while True: pass  # {number}", function="f", takes_bytes=False)
    assert clock.now - begin == 2 * BATCH_SECONDS


def test_functions_of_a_package_are_tested_with_one_process_at_a_time(
    tmp_path: Path, runner: Runner, alive: list[int]
) -> None:
    names = ("f1", "f2", "f3")
    assert tried(package(tmp_path, names), runner) == [Tried(each, ("1 case", "total"), ()) for each in names]
    assert alive == [1, 1, 1]


def test_a_function_whose_process_was_ended_is_called_in_a_new_one(runner: Runner) -> None:
    number = runner.add(source="def f(t):\n    return t\n", function="f", takes_bytes=False)
    runner.close()
    assert runner.call(number, [["x"]]) == ["x"]


def test_tests_end_when_their_time_is_over(tmp_path: Path, clock: Clock, alive: list[int]) -> None:
    folder, late = package(tmp_path, ("f1", "f2")), Runner(seconds=5.0)
    number = late.add(source="def f(t):\n    return t\n", function="f", takes_bytes=False)
    clock.now += 5.0
    assert tried(folder, late) == [Tried(each, (), (f"its code cannot be loaded: {LATE}",)) for each in ("f1", "f2")]
    assert late.call(number, [["x"]]) == [Failed(LATE)]
    assert alive == [1]


def test_no_more_is_told_of_a_function_than_somebody_reads(tmp_path: Path, runner: Runner) -> None:
    cases = ", ".join(f"{{given: x{number}, gives: y}}" for number in range(MOST_WRONG + 50))
    (found,) = tried(package(tmp_path, ("f",), cases=cases), runner)
    assert len(found.wrong) == MOST_WRONG


def test_texts_are_not_tried_in_types_without_end(tmp_path: Path, runner: Runner) -> None:
    def declared(fields: int) -> str:
        properties = ", ".join(f"f{number}: {{type: string, optional: true}}" for number in range(fields))
        wide = f"{{type: object, properties: {{{properties}}}}}"
        return f"{{operator: map, inputs: [{{name: t, type: object, properties: {wide[27:-1]}}}], output: {wide}}}"

    (small,) = tried(package(tmp_path / "small", ("f",), declared(3), "{given: {}, gives: {}}"), runner)
    assert "total" in small.tested
    (large,) = tried(package(tmp_path / "large", ("f",), declared(3_000), "{given: {}, gives: {}}"), runner)
    assert large.wrong == (
        "total: its type has 3,001 parts, which is too much to try so many texts in each of them; "
        "test it with a smaller type, or with fewer texts",
    )


def test_a_package_has_no_more_functions_than_are_tested() -> None:
    def text(count: int) -> str:
        return f"{HEAD}functions: {{{', '.join(f'f{number}: {TEXT}' for number in range(count))}}}\n"

    assert len(read_package(text(MOST_FUNCTIONS), "f").functions) == MOST_FUNCTIONS
    with pytest.raises(FileRefused) as refused:
        read_package(text(MOST_FUNCTIONS + 1), "f")
    assert str(refused.value) == (
        "f:3:12: functions: a package has at most 100 functions, and here are 101. Make two packages of it."
    )
