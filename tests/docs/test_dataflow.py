"""The first flow of docs/dataflow.md, made from its blocks and run as it is told there."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from tests.dataflow.test_terminal import running, said, typed
from tests.docs.blocks import blocks

PAGE = "docs/dataflow.md"


def test_the_first_flow_runs_as_the_page_says(tmp_path: Path) -> None:
    flow, package = tmp_path / "flow", tmp_path / "_packages" / "mask-ssn-pkg"
    (package / "functions").mkdir(parents=True)
    flow.mkdir()
    file, declared, *_ = blocks(PAGE, "yaml")
    (code,) = blocks(PAGE, "python")
    (flow / "dataflow.yaml").write_text(file)
    (package / "sdf-package.yaml").write_text(declared)
    (package / "functions" / "mask_ssn.py").write_text(code)
    checked, dialogue, *_, on_files = blocks(PAGE, "console")
    assert checked == "$ sealbook plan\n$ sealbook run\n"
    assert "exactly once" in said(flow, "plan")
    lines = re.findall(r"^> (.*)$", dialogue, re.MULTILINE)
    process = running(flow)
    try:
        typed(flow, *lines)
        for command, answer in re.findall(
            r"^\$ sealbook ((?:consume|show).*)\n((?:(?!\$).*\n)*)", dialogue, re.MULTILINE
        ):
            deadline, told = time.monotonic() + 20, ""
            while told != answer and time.monotonic() < deadline:
                told = said(flow, *command.split())
            assert told == answer
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    (flow / "in.jsonl").write_text("".join(f"{line}\n" for line in lines))
    assert said(flow, *on_files.removeprefix("$ sealbook ").split()) == ""
    assert (flow / "out.jsonl").read_text() == said(flow, "consume", "masked", "-Bd")


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_package_passes_its_tests_as_the_page_says(tmp_path: Path, language: str) -> None:
    _, declared, cases, *_ = blocks(PAGE, "yaml")
    (code,) = blocks(PAGE, language)
    functions = tmp_path / "functions"
    functions.mkdir()
    (tmp_path / "sdf-package.yaml").write_text(declared)
    (functions / f"mask_ssn.{'py' if language == 'python' else 'js'}").write_text(code)
    (functions / "mask_ssn.cases.yaml").write_text(cases)
    (dialogue,) = (each for each in blocks(PAGE, "console") if "sealbook test" in each)
    commands = re.findall(r"^\$ sealbook (.*)\n((?:(?!\$).*\n)*)", dialogue, re.MULTILINE)
    assert [command for command, _ in commands] == ["generate", "test"]
    for command, answer in commands:
        assert said(tmp_path, command) == answer
