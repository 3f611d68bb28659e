"""Flows from files to files: what lies between two services is sealed, and who names a file that is not is told."""

from __future__ import annotations

import subprocess
from pathlib import Path
from threading import Event

import pytest

from dataflow.deadletters.concealing import KeyFile, Unreadable
from dataflow.engines.jsonl import JsonLines
from dataflow.grammar.flowfile import read_flow
from dataflow.packages.library import find_folders
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow
from dataflow.running.working import work_off
from tests.dataflow.builtins import Mask
from tests.dataflow.samples import SEED, seed_folder
from tests.dataflow.test_files import TWO
from tests.dataflow.test_terminal import SEALBOOK, environment
from tests.plaintext import Marks, in_files

PRIVACY = "{value: {type: string}}, privacy: {pii: [ssn, name], expires: 1d}"


def two(text: str = TWO.replace("{value: {type: string}}", PRIVACY)) -> Plan:
    file = read_flow(text, "dataflow.yaml")
    return plan_flow(file, find=find_folders(Path("/nowhere"), dev=file.dev), builtins={"mask-number": Mask()})


def run(plan: Plan, folder: Path, key: str = "key") -> JsonLines:
    engine = JsonLines(
        folder / "state",
        inputs={"in": folder / "in"},
        outputs={"out": folder / "out"},
        conceal=KeyFile(folder / key),
        sealed=plan.sealed,
    )
    try:
        work_off(plan, engine, stop=Event(), told=lambda _: None)
    finally:
        engine.close()
    return engine


def test_nothing_of_a_record_lies_in_the_files_between_two_services(tmp_path: Path) -> None:
    marks, kept = Marks(), tmp_path / "state"
    text = f"{marks.name}|{marks.digits}\n1\npoison {marks.word}\n"
    (tmp_path / "in").write_text(text)
    engine = run(two(), tmp_path)
    assert (tmp_path / "out").read_text() == f"{marks.name}\n{marks.digits}\n"
    assert [each.value.decode() for each in engine.consume("between")] == [f"{marks.name}|{marks.digits}", "1"]
    assert len(engine.dead()) == 2
    assert in_files(kept, marks.forms) == {}
    (tmp_path / "in").write_text(text * 2)
    run(two(), tmp_path)
    assert (tmp_path / "out").read_text() == f"{marks.name}\n{marks.digits}\n" * 2
    assert in_files(kept, marks.forms) == {}
    assert (kept / "between.sealed").exists()


def test_without_personal_data_it_lies_there_as_it_is(tmp_path: Path) -> None:
    marks = Marks()
    (tmp_path / "in").write_text(f"{marks.word}\n")
    run(two(TWO), tmp_path)
    assert list(in_files(tmp_path / "state", marks.forms)) == [str(tmp_path / "state" / "between.records")]


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("a\n")
    engine = run(two(), tmp_path)
    other = JsonLines(
        tmp_path / "state", inputs={}, outputs={}, conceal=KeyFile(tmp_path / "other"), sealed=["between"]
    )
    with pytest.raises(Unreadable):
        list(other.consume("between"))
    other.close()
    assert [each.value for each in engine.consume("between")] == [b"a"]


@pytest.mark.parametrize("output", ["out.jsonl", "-"])
@pytest.mark.parametrize("privacy", ["", "    privacy: {pii: [ssn, card], expires: 1d}\n"])
def test_who_names_a_file_that_holds_personal_data_is_told(tmp_path: Path, output: str, privacy: str) -> None:
    folder = seed_folder(tmp_path)
    (folder / "dataflow.yaml").write_text(SEED.replace("  masked:\n", "  masked:\n" + privacy))
    (folder / "in.jsonl").write_text("a 123-45-6789\n")
    done = subprocess.run(
        [SEALBOOK, "run", "--input", "user-info=in.jsonl", "--output", f"masked={output}"],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    name = "Standard output" if output == "-" else output
    told = f"{name} holds personal data (card, ssn) in the clear.\n" if privacy else ""
    assert done.stderr == f"{told}mask-ssn-service: 1 succeeded, 0 failed\n"
    assert (done.stdout or (folder / output).read_text()) == "a ***-**-****\n"
