"""The states of docs/dataflow.md: the flow of its block, and the dialogue beside it."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

from tests.dataflow.test_terminal import SEALBOOK, environment, said
from tests.docs.blocks import blocks

PAGE = "docs/dataflow.md"


def test_the_flow_with_states_runs_as_the_page_says(tmp_path: Path) -> None:
    (file,) = (each for each in blocks(PAGE, "yaml") if "watch-logins" in each)
    (dialogue,) = (each for each in blocks(PAGE, "console") if "produce logins" in each)
    (tmp_path / "dataflow.yaml").write_text(file)
    assert "state failures: object{in-a-row: u32, ever: u32} by key for 86400 s" in said(tmp_path, "plan")
    flow = subprocess.Popen([SEALBOOK, "run"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert flow.stdout is not None
        assert flow.stdout.readline() == "example/watch-logins runs. Ctrl-C ends it.\n"
        typed = "".join(f"{line}\n" for line in re.findall(r"^> (.*)$", dialogue, re.MULTILINE))
        said(tmp_path, "produce", "logins", given=typed)
        answers = re.findall(r"^\$ sealbook ((?:consume|show).*)\n((?:(?!\$).*\n)*)", dialogue, re.MULTILINE)
        assert len(answers) == 3
        for command, answer in answers:
            assert eventually(tmp_path, answer, *command.split()) == answer
        assert re.search(r"^count-failures/failures +2 +table$", said(tmp_path, "show", "state"), re.MULTILINE)
        said(tmp_path, "produce", "questions", given="a1\na3\n")
        assert eventually(tmp_path, "a1: 3\na3: 0\n", "consume", "answers", "-Bd") == "a1: 3\na3: 0\n"
    finally:
        flow.send_signal(signal.SIGINT)
        assert flow.wait(30) == 0


def eventually(folder: Path, answer: str, *words: str) -> str:
    deadline, told = time.monotonic() + 20, ""
    while told != answer and time.monotonic() < deadline:
        told = said(folder, *words)
    return told
