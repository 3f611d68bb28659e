"""The launcher: what it measures is what runs, as somebody else, with nothing of the launcher's in reach."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from config.embedded.errors import LaunchError
from config.launching.command import launch
from config.launching.measuring import sealed_copy
from config.launching.running import own_workplace, workplace_of
from config.launching.vouching import Launcher, new_key, read_key

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="launching measured programs needs Linux")

ROOT = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0
RUN = """
import sys, time
from pathlib import Path
from config.launching.measuring import sealed_copy
from config.launching.running import own_workplace, run_measured, workplace_of
from config.launching.vouching import LaunchRefused, Session

sessions = iter({sessions})
def renew():
    token = next(sessions, None)
    if token is None:
        raise LaunchRefused(["build.withdrawn: gone"], "")
    return Session(token, time.monotonic())
at = workplace_of({user!r}, kept={kept!r}) if {user!r} else own_workplace(kept={kept!r})
measured = sealed_copy(Path({artifact!r}))
Path({artifact!r}).write_bytes({exchanged!r})
sys.exit(run_measured(measured, {arguments!r}, at=at, server="http://localhost", session=renew(), renew=renew))
"""


def run(artifact: Path, *, user: str = "", sessions: tuple[str, ...] = ("token-1",), **told: Any) -> Any:
    """Run an artifact in a launcher of its own, which exchanges the file after measuring it."""
    told = {"kept": (), "exchanged": b"#!/bin/sh\necho exchanged\n", "arguments": [], **told}
    text = RUN.format(user=user, artifact=str(artifact), sessions=sessions, **told)
    environment = {**os.environ, "LD_PRELOAD": "", "PYTHONPATH": str(ROOT), "SECRET_OF_LAUNCHER": "x", "TZ": "UTC"}
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, env=environment, timeout=60, check=False, cwd=ROOT
    )


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    return tmp_path / "artifact"


def script(artifact: Path, text: str) -> Path:
    artifact.write_text("#!/bin/sh\n" + textwrap.dedent(text))
    return artifact


def test_what_was_measured_runs_although_the_file_was_exchanged(artifact: Path) -> None:
    ended = run(script(artifact, 'echo measured "$1"; exit 7'), arguments=["twice"])
    assert (ended.stdout, ended.returncode) == ("measured twice\n", 7), ended.stderr
    assert artifact.read_text().endswith("echo exchanged\n")


def test_a_binary_runs_as_well_and_a_signal_that_ends_it_is_told(artifact: Path) -> None:
    artifact.write_bytes(Path("/bin/sh").resolve().read_bytes())
    ended = run(artifact, arguments=["-c", "echo binary; kill -KILL $$"])
    assert (ended.stdout, ended.returncode) == ("binary\n", 137), ended.stderr


def test_the_copy_cannot_be_changed_by_anybody(artifact: Path) -> None:
    measured = sealed_copy(script(artifact, "true"))
    assert measured.digest == hashlib.sha256(artifact.read_bytes()).hexdigest()
    with pytest.raises(PermissionError):
        os.write(measured.descriptor, b"x")
    with pytest.raises(PermissionError):
        os.truncate(measured.descriptor, 0)
    again = os.open(f"/proc/self/fd/{measured.descriptor}", os.O_RDWR)
    with pytest.raises(PermissionError):
        os.write(again, b"x")
    os.close(again)
    os.close(measured.descriptor)


@pytest.mark.parametrize("what", ["nothing", "empty", "folder"])
def test_what_cannot_be_measured_is_not_started(artifact: Path, what: str) -> None:
    if what == "empty":
        artifact.touch()
    elif what == "folder":
        artifact.mkdir()
    with pytest.raises(LaunchError, match="artifact"):
        sealed_copy(artifact)


def test_the_token_comes_over_the_line_and_a_new_one_for_each_request(artifact: Path) -> None:
    text = """
        eval "exec 9<&$SEALBOOK_SESSION_FD 8>&$SEALBOOK_SESSION_FD"
        read -r first <&9; echo "$first"
        echo >&8; read -r second <&9; echo "$second"
        echo >&8; read -r third <&9; echo "$third"
        """
    ended = run(script(artifact, text), sessions=("token-1", "token-2"))
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [each.get("access_token") for each in told] == ["token-1", "token-2", None], ended.stderr
    assert told[2] == {"error": "refused", "reasons": ["build.withdrawn: gone"]}


def test_the_environment_holds_nothing_of_the_launchers_and_no_token(artifact: Path) -> None:
    ended = run(script(artifact, "env"), kept=("TZ",))
    names = {line.partition("=")[0] for line in ended.stdout.splitlines()}
    assert {"SEALBOOK_URL", "SEALBOOK_SESSION_FD", "TZ", "PATH"} <= names
    assert not names & {"SECRET_OF_LAUNCHER", "LD_PRELOAD", "PYTHONPATH"}
    assert "token-1" not in ended.stdout


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PYTHONPATH", "SEALBOOK_URL", "A=B", "a/b"])
def test_no_variable_is_kept_that_could_change_the_program(name: str) -> None:
    with pytest.raises(LaunchError, match="not handed on"):
        own_workplace(kept=[name])


@pytest.mark.skipif(not IS_ROOT, reason="only root can start a program as another user")
def test_the_workload_is_somebody_else_who_reaches_neither_key_nor_launcher(artifact: Path, tmp_path: Path) -> None:
    key = tmp_path / "launcher.pem"
    new_key(key)
    tmp_path.chmod(0o755)
    ended = run(
        script(artifact, 'id -u; id -G; cat "$1" || echo no key; ls -l /proc/$PPID/fd >&2 || echo no launcher; '
               'grep NoNewPrivs /proc/self/status'),
        user="nobody", arguments=[str(key)],
    )  # fmt: skip
    nobody = pwd.getpwnam("nobody")
    said = ended.stdout.splitlines()
    assert said[0] == str(nobody.pw_uid)
    assert set(said[1].split()) == {str(group) for group in os.getgrouplist("nobody", nobody.pw_gid)}
    assert said[2:4] == ["no key", "no launcher"]
    assert said[4].split() == ["NoNewPrivs:", "1"]


@pytest.mark.parametrize("user", ["root", "nobody-of-this-name", pwd.getpwuid(os.geteuid()).pw_name])
def test_a_workload_is_never_root_nor_the_launcher_itself(user: str) -> None:
    with pytest.raises(LaunchError):
        workplace_of(user)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "launcher.pem"
    assert new_key(key).startswith("-----BEGIN PUBLIC KEY-----")
    assert read_key(key)
    with pytest.raises(LaunchError, match="cannot be written"):
        new_key(key)
    key.chmod(0o640)
    with pytest.raises(LaunchError, match="0600"):
        read_key(key)


@pytest.mark.parametrize("server", ["http://sealbook.example.com", "ftp://localhost", "sealbook"])
def test_the_launchers_word_leaves_the_machine_only_over_tls(tmp_path: Path, server: str) -> None:
    new_key(tmp_path / "key")
    launcher = Launcher(server, "c", "l", read_key(tmp_path / "key"))
    with pytest.raises(LaunchError, match="https"):
        launcher.vouch(digest="ab" * 32, expected=None, is_separated=True)


def test_without_saying_as_whom_nothing_is_launched(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        launch(["--server", "http://localhost", "--client", "c", "--launcher", "l", "--key", "k", "artifact"])
    assert "one of --user and --without-separation" in capsys.readouterr().err
