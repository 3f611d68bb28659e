"""The whole of `make run`, once: what it leaves on disk, what its processes know, what is gone when it stops."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.embedded.ports import free_port
from config.embedded.processes import command_of, wait_until
from config.embedded.state import read_json

BASE_DIR = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-m", "config.commandline", "run"]
OURS = ("web", "worker", "beat")


@dataclass
class Run:
    process: subprocess.Popen[str]
    state: Path
    port: int
    said: str

    def pids(self) -> dict[str, int]:
        records = {path.stem: read_json(path) for path in (self.state / "run").glob("*.json")}
        return {name: record["pid"] for name, record in records.items() if "pid" in record}

    def living(self) -> list[str]:
        """Command lines of all processes that mention this run's state or port."""
        marks = (str(self.state), f"--port={self.port}")
        commands = (" ".join(command_of(int(path.name))) for path in Path("/proc").glob("[0-9]*"))
        return [command for command in commands if any(mark in command for mark in marks)]


def begin(state: Path, *, port: int) -> Run:
    process = subprocess.Popen(
        [*COMMAND, f"--port={port}"],
        cwd=BASE_DIR,
        env=clean_environment(state),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    return Run(process=process, state=state, port=port, said=said)


def clean_environment(state: Path) -> dict[str, str]:
    """The shell of a newcomer: nothing of this test run's servers in it."""
    ours = re.compile(r"SEALBOOK_|DATABASE_|REDIS_URL|DJANGO_|PYTEST_|GRANIAN_")
    return {name: value for name, value in os.environ.items() if not ours.match(name)} | {"SEALBOOK_STATE": str(state)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    started = begin(tmp_path_factory.mktemp("run") / "state", port=free_port())
    assert started.process.poll() is None, "`sealbook run` did not come up"
    yield started
    started.process.send_signal(signal.SIGTERM)
    started.process.wait(60)


def test_it_prints_the_address_and_answers_there(run: Run) -> None:
    assert f"http://localhost:{run.port}" in run.said
    with urllib.request.urlopen(f"http://localhost:{run.port}/readyz") as answer:
        assert answer.status == 200


def test_every_process_has_a_log_of_its_own(run: Run) -> None:
    assert {*OURS, "postgres", "valkey"} <= {path.stem for path in (run.state / "log").iterdir()}


def test_what_happens_is_sealed_and_witnessed_within_moments(run: Run) -> None:
    told: dict[str, str] = {}

    def is_sealed() -> bool:
        with urllib.request.urlopen(f"http://localhost:{run.port}/readyz") as answer:
            told.update(json.load(answer)["parts"])
        return told["sealing"] == "ok" and (run.state / "witness.json").exists()

    assert wait_until(is_sealed, seconds=30, pause=0.5), told
    size = int(read_json(run.state / "witness.json")["note"].split("\n")[1])
    assert size > 0


def test_a_sealer_or_witness_that_is_killed_comes_back_and_everything_else_stays(run: Run) -> None:
    before = run.pids()
    for name in ("sealer", "witness"):
        os.kill(before[name], signal.SIGKILL)
    assert wait_until(
        lambda: not {before["sealer"], before["witness"]} & set(run.pids().values()), seconds=60, pause=0.2
    )
    started_again = run.pids()
    assert {name for name in before if before[name] != started_again[name]} == {"sealer", "witness"}
    for name in ("sealer", "witness"):
        assert f"{name} ended with status -9; started again in 1 s" in (run.state / "log" / f"{name}.log").read_text()
    told: dict[str, str] = {}

    def is_sealed_again() -> bool:
        with urllib.request.urlopen(f"http://localhost:{run.port}/readyz") as answer:
            told.update(json.load(answer)["parts"])
        return told["sealing"] == "ok" and (run.state / "run" / "sealer.ready").exists()

    assert wait_until(is_sealed_again, seconds=60, pause=0.5), told


def test_the_key_of_the_book_is_the_sealers_alone(run: Run) -> None:
    assert "SEALBOOK_LOG_KEY=" in Path(f"/proc/{run.pids()['sealer']}/environ").read_text()
    for name in (*OURS, "witness"):
        assert "SEALBOOK_LOG_KEY" not in Path(f"/proc/{run.pids()[name]}/environ").read_text()
    for name in ("log.key", "witness.key"):
        assert stat.S_IMODE((run.state / name).stat().st_mode) == 0o600


def test_web_and_worker_know_neither_the_owner_nor_the_superuser(run: Run) -> None:
    passwords = read_json(run.state / "passwords.json")
    for name in (*OURS, "witness"):
        environ = Path(f"/proc/{run.pids()[name]}/environ").read_text()
        assert "DATABASE_URL=" in environ
        assert "DATABASE_MIGRATION_URL" not in environ
        for role in ("sealbook_owner", "postgres", "sealbook_backup", "sealbook_sealer"):
            assert passwords[role] not in environ


def test_nobody_else_can_read_the_state(run: Run) -> None:
    assert stat.S_IMODE(run.state.stat().st_mode) == 0o700
    for name in ("passwords.json", "secret_key", "keyring.json", "run/environment.json", "valkey/valkey.conf"):
        assert stat.S_IMODE((run.state / name).stat().st_mode) == 0o600


def test_a_second_run_of_the_same_state_is_refused(run: Run) -> None:
    second = subprocess.run(
        COMMAND, cwd=BASE_DIR, env=clean_environment(run.state), capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_that_is_taken_is_refused_by_name(run: Run, tmp_path: Path) -> None:
    command = [*COMMAND, f"--port={run.port}"]
    other = subprocess.run(
        command, cwd=BASE_DIR, env=clean_environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert other.returncode == 1
    assert f"Port {run.port} is in use" in other.stderr


def test_commands_use_the_running_servers_without_being_told(run: Run) -> None:
    asked = "from django.db import connection as c; c.ensure_connection(); print(c.settings_dict['USER'])"
    shown = subprocess.run(
        [sys.executable, "-m", "config.commandline", "shell", "--no-imports", "-c", asked],
        cwd=BASE_DIR,
        env=clean_environment(run.state),
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip().endswith("sealbook_app")


def test_sigterm_stops_all_of_it_without_a_trace(run: Run) -> None:
    """The last of this file's every-day tests, as it ends the run that they share."""
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(60) == 0
    assert wait_until(lambda: not run.living(), seconds=5)
    assert not list((run.state / "run").iterdir())


@pytest.mark.nightly
def test_after_a_hard_kill_the_next_run_finds_its_data_and_a_death_in_it_is_named(tmp_path: Path) -> None:
    first = begin(tmp_path / "state", port=free_port())
    passwords = json.loads((first.state / "passwords.json").read_text())
    first.process.kill()
    first.process.wait()

    again = begin(first.state, port=free_port())
    assert {*OURS, "sealer", "witness", "deployments", "postgres", "valkey"} == set(again.pids())
    assert json.loads((again.state / "passwords.json").read_text()) == passwords

    os.kill(again.pids()["beat"], signal.SIGKILL)
    assert again.process.wait(60) == 1
    assert again.process.stderr
    assert re.search(r"beat ended with status -9; its log is .*beat\.log", again.process.stderr.read())
    assert not again.living()
