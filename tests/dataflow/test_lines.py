"""Lines of a file that somebody else may still be writing: none is taken by halves, and none twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from dataflow.deadletters.concealing import KeyFile
from dataflow.engines import lines
from dataflow.engines.jsonl import FilesUnfit, JsonLines
from dataflow.engines.lines import lines_from
from dataflow.running.working import work_off
from tests.dataflow.test_files import two

Run = Callable[[], list[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run() -> list[str]:
        paths = {"inputs": {"in": tmp_path / "in"}, "outputs": {"out": tmp_path / "out"}}
        engine = JsonLines(tmp_path / "state", conceal=KeyFile(tmp_path / "key"), **paths)
        try:
            work_off(two(), engine, stop=Event(), told=lambda _: None)
        finally:
            engine.close()
        return (tmp_path / "out").read_text().splitlines()

    return run


def while_it_looks(monkeypatch: pytest.MonkeyPatch, file: Path, added: str) -> None:
    """Have somebody write to a file between two looks at it."""

    def write(_: float) -> None:
        with file.open("a") as open_file:
            open_file.write(added)

    monkeypatch.setattr(lines, "sleep", write)


def add(file: Path, text: str) -> None:
    with file.open("a") as open_file:
        open_file.write(text)


def test_a_last_line_without_a_break_counts_where_the_file_stands_still(tmp_path: Path, run: Run) -> None:
    (tmp_path / "in").write_text("a\nb")
    assert run() == ["a", "b"]
    assert run() == ["a", "b"]
    add(tmp_path / "in", "\nc\n\nd")
    assert run() == ["a", "b", "c", "", "d"]


def test_a_line_that_is_being_written_waits_for_the_next_run(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").write_text("a\n123-45")
    while_it_looks(monkeypatch, tmp_path / "in", "-67")
    assert run() == ["a"]
    monkeypatch.undo()
    add(tmp_path / "in", "89\n")
    assert run() == ["a", "***-**-****"]


def test_a_record_that_goes_on_is_not_taken_for_two(tmp_path: Path, run: Run) -> None:
    (tmp_path / "in").write_text("a\nb")
    run()
    add(tmp_path / "in", "c\nd\n")
    with pytest.raises(
        FilesUnfit, match="line that was taken as a record when it had no line break: write one at byte 3"
    ):
        run()
    (tmp_path / "in").write_text("a\nb\nc\nd\n")
    assert run() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_a_file_of_ones_own_is_read_up_to_what_is_committed(tmp_path: Path, chunk: int) -> None:
    (tmp_path / "f").write_bytes(b"ab\nc\n\nnot committed")
    found, at = b"", 0
    with (tmp_path / "f").open("rb") as file:
        while (told := lines_from(file, at, 6, chunk))[0]:
            assert told[0].endswith(b"\n")
            assert told[1] == at + len(told[0])
            found, at = found + told[0], told[1]
    assert (found, at) == (b"ab\nc\n\n", 6)
