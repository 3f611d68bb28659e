"""docs/reviewed-builds.md from its first to its last command, against a running server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.launching.running import SEARCHED
from tests import cast
from tests.api.calling import line_of, new_scene
from tests.docs.blocks import blocks, matches

PAGE = "docs/reviewed-builds.md"
HAS_PARTS = hasattr(os, "memfd_create") and shutil.which("python3", path=SEARCHED) and shutil.which("sha256sum")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not HAS_PARTS, reason="needs Linux with sha256sum and a python3 for everybody"),
]


def test_the_page_does_what_it_says(live_server: Any, tmp_path: Path) -> None:
    scene = new_scene()
    assert scene.write(scene.line).status_code == 200
    job = cast.new_player(scene.environment, "nightly-report", read=True)
    for name, text in zip(("report.py", "ci.py", "send.py"), blocks(PAGE, "python"), strict=True):
        (tmp_path / name).write_text(text)
    commands = "\n".join(["set -e", *blocks(PAGE, "sh")])
    if os.geteuid() != 0:
        commands = commands.replace("--user nobody", "--without-separation")
    told = {
        "SEALBOOK": live_server.url,
        "TOKEN": line_of(scene.service).token or "",
        "CLIENT": str(job.client.public_id),
        "ACCESSOR": str(scene.accessor),
        "PERSON": str(scene.subject),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    ended = subprocess.run(
        ["sh", "-c", commands], cwd=tmp_path, env=told, text=True, timeout=240, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout
    promised = "".join(blocks(PAGE, "text")).splitlines()
    said = ended.stdout.splitlines()[-len(promised) :]
    assert len(said) == len(promised)
    assert all(map(matches, promised, said)), ended.stdout
