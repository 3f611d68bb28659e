"""Dead letters of runs from files to files: listed, shown, and blanked out where they lie."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dataflow.deadletters.concealing import KeyFile
from dataflow.deadletters.letters import NoLetter
from dataflow.engines.jsonl import FilesUnfit
from dataflow.engines.jsonl_letters import FileLetters
from tests.dataflow.samples import seed_folder
from tests.dataflow.test_terminal import said

RUN = ("run", "--input", "user-info=in.jsonl", "--output", "masked=out.jsonl")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A flow that has failed on two of four records."""
    folder = seed_folder(tmp_path)
    (folder / "in.jsonl").write_text("fine\npoison\nfine\npoison\n")
    assert said(folder, *RUN) == ""
    return folder


def listed(folder: Path) -> list[str]:
    return [line.split()[0] for line in said(folder, "dlq", "--files", "list").splitlines()[1:]]


def test_they_are_listed_shown_and_dropped(folder: Path) -> None:
    shown = said(folder, "dlq", "--files", "list")
    assert re.search(r"^0 +user-info +mask-ssn-service +\S+ +mask-ssn: ValueError in line 8$", shown, re.M)
    assert "poison" not in shown
    first, second = listed(folder)
    assert said(folder, "dlq", "--files", "show", first).endswith("\npoison\n")
    kept = (folder / ".sealbook" / "files" / "dead-letters.records").read_bytes()
    assert said(folder, "dlq", "--files", "drop", first, first, "7") == "1 dropped\n"
    blanked = (folder / ".sealbook" / "files" / "dead-letters.records").read_bytes()
    assert len(blanked) == len(kept)
    assert blanked.splitlines()[0].strip() == b""
    assert listed(folder) == [second]
    assert said(folder, "dlq", "--files", "show", first, status=1).startswith("sealbook: There is no dead letter 0;")
    with (folder / "in.jsonl").open("a") as file:
        file.write("poison\n")
    said(folder, *RUN)
    assert (len(listed(folder)), listed(folder)[0]) == (2, second)
    assert said(folder, "dlq", "--files", "drop", "--all") == "2 dropped\n"
    assert said(folder, "dlq", "--files", "list") == "There are no dead letters.\n"


def test_they_are_not_put_back(folder: Path) -> None:
    told = said(folder, "dlq", "--files", "replay", "--all", status=1)
    assert "Dead letters of files are not put back: 2 would have to go back into files, which are yours" in told
    assert len(listed(folder)) == 2


def test_while_a_run_works_there_nobody_looks(folder: Path) -> None:
    letters = FileLetters(folder / ".sealbook" / "files", KeyFile(folder / ".sealbook" / "flow.key"))
    assert letters.waiting() == 2
    told = said(folder, "dlq", "--files", "list", status=1)
    assert "The dead letters cannot be read: another process works in" in told
    letters.close()
    assert len(listed(folder)) == 2


def test_without_a_run_there_are_none(tmp_path: Path) -> None:
    letters = FileLetters(tmp_path / "files", KeyFile(tmp_path / "flow.key"))
    assert list(letters.all()) == []
    assert letters.drop(["0"]) == 0
    with pytest.raises(NoLetter):
        letters.opened("0")
    with pytest.raises(FilesUnfit):
        letters.replay(["0"])
    letters.close()
