"""The processes of one run, watched and stopped together."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.children import Children, end_leftovers
from config.embedded.errors import ServerFailed
from config.embedded.processes import command_of, wait_until
from config.embedded.state import StateDirectory, read_json

READY = "import os, pathlib, time; pathlib.Path(os.environ['SEALBOOK_READY_FILE']).touch(); time.sleep(60)"
STUBBORN = "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); " + READY


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    started = Children(StateDirectory(tmp_path / "state"))
    yield started
    started.stop()


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_a_child_is_waited_for_until_it_says_that_it_is_ready(children: Children) -> None:
    child = children.start("worker", python(READY), os.environ)
    children.wait_for_ready_file(child, seconds=20)
    children.refuse_dead()
    assert read_json(children.state.run / "worker.json")["pid"] == child.process.pid


def test_a_child_that_dies_is_named_with_its_log(children: Children) -> None:
    children.start("worker", python(READY), os.environ)
    beat = children.start("beat", python("raise SystemExit(3)"), os.environ)
    beat.process.wait(20)
    with pytest.raises(ServerFailed, match=r"beat ended with status 3; its log is .*beat\.log"):
        children.refuse_dead()


def test_a_child_that_never_gets_ready_is_named_with_its_log(children: Children) -> None:
    child = children.start("beat", python("import time; time.sleep(60)"), os.environ)
    with pytest.raises(ServerFailed, match=r"beat was not ready within 0 s; its log is .*beat\.log"):
        children.wait_for_ready_file(child, seconds=0.1)


def test_stopping_leaves_neither_a_process_nor_a_record_even_of_a_child_that_will_not_stop(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.embedded.children.STOP_SECONDS", 0.5)
    child = children.start("worker", python(STUBBORN), os.environ)
    children.wait_for_ready_file(child, seconds=20)
    children.stop()
    assert child.process.returncode == -signal.SIGKILL
    assert wait_until(lambda: not _session_of(child.process.pid), seconds=5)
    assert not list(children.state.run.iterdir())


def test_what_is_kept_up_is_started_again_and_each_time_later(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.embedded.children.FIRST_PAUSE", 0.05)
    monkeypatch.setattr("config.embedded.children.LONGEST_PAUSE", 0.2)
    child = children.start("sealer", python("import os; os.fork(); " + READY), os.environ)
    beat = children.start("beat", python(READY), os.environ)
    children.keep_up(child)
    told, ended = [], []
    for _ in range(4):
        children.wait_for_ready_file(child, seconds=20)
        pid = read_json(children.state.run / "sealer.json")["pid"]
        ended.append(pid)
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: bool(told.extend(children.start_ended_again()) or told[len(ended) - 1 :]), seconds=20)
        assert wait_until(lambda pid=pid: not _session_of(pid), seconds=5), "nothing of it is left"
        children.refuse_dead()
        assert wait_until(lambda pid=pid: children.start_ended_again() == [] and is_another(children, pid), seconds=20)
    assert len(set(ended)) == 4 and all("sealer ended with status -9; started again in" in text for text in told)
    assert "started again" in child.log.read_text()
    beat.process.kill()
    beat.process.wait(20)
    with pytest.raises(ServerFailed, match="beat ended with status -9"):
        children.refuse_dead()


def is_another(children: Children, pid: int) -> bool:
    return bool(read_json(children.state.run / "sealer.json")["pid"] != pid)


def test_what_a_killed_leader_leaves_in_its_session_is_ended_with_it(children: Children) -> None:
    child = children.start("web", python("import os; os.fork(); " + READY), os.environ)
    children.wait_for_ready_file(child, seconds=20)
    child.process.kill()
    child.process.wait(20)
    assert _session_of(child.process.pid), "the orphan lives on"
    children.stop()
    assert wait_until(lambda: not _session_of(child.process.pid), seconds=5)


def test_the_next_run_ends_what_a_killed_leader_left_and_no_stranger(children: Children) -> None:
    child = children.start("web", python("import os; os.fork(); " + READY), os.environ)
    stranger = children.start("worker", python(READY), os.environ)
    children.wait_for_ready_file(child, seconds=20)
    children.wait_for_ready_file(stranger, seconds=20)
    (children.state.run / "worker.json").unlink()
    child.process.kill()
    child.process.wait(20)
    assert set(end_leftovers(children.state)) == {"a process of web"}
    assert wait_until(lambda: not _session_of(child.process.pid), seconds=5)
    assert stranger.process.poll() is None


def _session_of(leader: int) -> list[int]:
    """Living processes of a session (a zombie has no command line)."""
    pids = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if command_of(pid) and _session(pid) == leader]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0
