"""The first flow of docs/dataflow.md, made from its blocks and run as it is told there."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

from tests.dataflow.test_terminal import running, said, typed
from tests.docs.blocks import blocks

PAGE = "docs/dataflow.md"


def test_the_first_flow_runs_as_the_page_says(tmp_path: Path) -> None:
    flow, package = tmp_path / "flow", tmp_path / "_packages" / "mask-ssn-pkg"
    (package / "functions").mkdir(parents=True)
    flow.mkdir()
    file, declared = blocks(PAGE, "yaml")
    (code,) = blocks(PAGE, "python")
    (flow / "dataflow.yaml").write_text(file)
    (package / "sdf-package.yaml").write_text(declared)
    (package / "functions" / "mask_ssn.py").write_text(code)
    checked, dialogue = blocks(PAGE, "console")
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
