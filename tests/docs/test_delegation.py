"""docs/delegation.md from its first to its last command, against a running server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api.calling import line_of
from tests.api.handing import new_handing
from tests.docs.blocks import blocks, matches

PAGE = "docs/delegation.md"
pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_does_what_it_says(live_server: Any, settings: Any, tmp_path: Path) -> None:
    settings.PUBLIC_URL = live_server.url
    handing = new_handing()
    for name, text in zip(("send.py", "bot.py"), blocks(PAGE, "python"), strict=True):
        (tmp_path / name).write_text(text)
    told = {
        "SEALBOOK": live_server.url,
        "HOLDER": line_of(handing.desk.asking).token or "",
        "GRANT": handing.grant,
        "BOT": str(handing.bot.client.public_id),
        "BOT_TOKEN": line_of(handing.bot).token or "",
        "ACCESSOR": str(handing.desk.scene.accessor),
        "PERSON": str(handing.desk.scene.subject),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    commands = "\n".join(["set -e", *blocks(PAGE, "sh")])

    ended = subprocess.run(
        ["sh", "-c", commands], cwd=tmp_path, env=told, text=True, timeout=120, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout
    promised, said = "".join(blocks(PAGE, "text")).splitlines(), ended.stdout.splitlines()
    assert len(said) == len(promised), ended.stdout
    assert all(map(matches, promised, said)), ended.stdout
