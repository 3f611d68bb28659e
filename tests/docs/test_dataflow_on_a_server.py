"""The first flow of docs/dataflow.md on a server: published, deployed, run by real workers, as the page types it."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.actions.signing import ensure_signing_key
from tests import cast
from tests.cast import Player
from tests.dataflow.samples import seed_folder
from tests.dataflow.test_deployed_processes import supervise, until
from tests.dataflow.test_hub_commands import Terminal, terminal
from tests.docs.blocks import blocks

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["supervise", "terminal"]


@pytest.fixture
def engineer() -> Player:
    ensure_signing_key()
    return cast.new_player(cast.new_environment(), "engineer", configure=True, write=True, read=True, export=True)


def test_the_first_flow_runs_on_a_server_as_the_page_says(
    terminal: Terminal,
    supervise: Callable[[], subprocess.Popen[bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (dialogue,) = (each for each in blocks("docs/dataflow.md", "console") if "flows deploy" in each)
    steps = re.findall(r"^\$ sealbook (.*)\n((?:(?!\$).*\n)*)", dialogue, re.MULTILINE)
    assert [words.split()[0] for words, _ in steps] == ["flows", "flows", "produce", "consume", "flows"]
    flow = seed_folder(tmp_path / "mine")
    terminal.type(flow.parent / "_packages" / "mask-ssn-pkg", "publish")
    terminal.type(flow, "publish")
    supervise()
    for words, answer in steps:
        if words.startswith("produce"):
            typed = re.findall(r"^> (.*)$", answer, re.MULTILINE)
            monkeypatch.setattr(
                "sys.stdin", io.TextIOWrapper(io.BytesIO("".join(f"{each}\n" for each in typed).encode()))
            )
            assert terminal.type(flow, words) == f"Ok! {len(typed)} records\n"
        elif words.startswith(("flows list", "consume")):
            until(lambda words=words, answer=answer: terminal.type(flow, words) == answer)
        else:
            assert terminal.type(flow, words) == answer
