"""The README's lines run as they stand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from governance.actions.environments import define_environment
from tests.cast import NOBODY
from tests.docs.blocks import ROOT, blocks, matches
from userstore.demo.phone import PhoneExample, build_phone_example

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def example(live_server: Any, tmp_path: Path) -> tuple[PhoneExample, Path, dict[str, str]]:
    """The phone example on a running server, and a directory with the file that `make run` writes."""
    environment = define_environment(NOBODY, name="demo", is_synthetic=True)
    built = build_phone_example(environment)
    admin = built.clients["admin"]
    values = {
        "SEALBOOK_URL": live_server.url,
        "USERCLOUDS_TENANT_URL": live_server.url,
        "USERCLOUDS_CLIENT_ID": str(admin.client.public_id),
        "USERCLOUDS_CLIENT_SECRET": admin.secret.reveal(),
    }
    (tmp_path / ".sealbook").mkdir()
    (tmp_path / ".sealbook" / "demo.env").write_text("".join(f"export {k}='{v}'\n" for k, v in values.items()))
    return built, tmp_path, {**os.environ, **values}


def run(command: list[str], cwd: Path, environ: dict[str, str]) -> list[str]:
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_readme_names_its_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "    make run\n" in readme
    assert "    make test\n" in readme


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed: the README's shell lines were not run")
def test_the_shell_lines_of_the_readme_show_the_phone_example(
    example: tuple[PhoneExample, Path, dict[str, str]],
) -> None:
    _, cwd, environ = example
    script = "set -eu\n" + "\n".join(blocks("README.md", "bash"))
    lines = [line for line in run(["bash", "-c", script], cwd, environ) if line]
    expected = [line for text in blocks("README.md", "text") for line in text.splitlines()]
    for pattern, line in zip(expected, lines, strict=False):
        assert matches(pattern, line), (pattern, line)
    after_withdrawal, book = json.loads(lines[-2]), json.loads(lines[-1])
    assert after_withdrawal["data"] == []
    assert [entry["kind"] for entry in book["data"]] == ["accessor.executed", "consent.changed"]


def test_the_python_lines_of_the_readme_run_with_the_vendors_client(
    example: tuple[PhoneExample, Path, dict[str, str]],
) -> None:
    _, cwd, environ = example
    (source,) = blocks("README.md", "python")
    lines = run([sys.executable, "-c", source], cwd, environ)
    assert "+49 171 3920001" in lines[0]
    assert "+49 171 3920001" not in lines[1]
    assert "+49 171 3920001" in lines[2], "a token resolves to the number it stands for"
    assert "+49 171 3920011" in lines[3]
