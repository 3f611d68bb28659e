"""Recognising and ending processes, without ever touching one that is not ours."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def command_of(pid: int) -> list[str]:
    """Return a process's command line, empty where there is no such process (a zombie has none either)."""
    if not _PROC.exists():
        return _ps("command=", pid).split()
    try:
        parts = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
    return [part.decode(errors="replace") for part in parts if part]


def started_at(pid: int) -> str:
    """Return when a process started, in the system's own words: with the pid it names a process for good."""
    if not _PROC.exists():
        return _ps("lstart=", pid).strip()
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]  # field 22 of proc(5): starttime
    except (OSError, IndexError):
        return ""


def _ps(column: str, pid: int) -> str:
    """Ask `ps` where there is no /proc (macOS)."""
    asked = ["ps", "-ww", "-o", column, "-p", str(pid)]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout  # noqa: S603  a fixed command


def wait_until(happened: Callable[[], bool], *, seconds: float, pause: float = 0.02) -> bool:
    """Return True as soon as it happened, False when the time is over."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def carrying(variable: str, value: str) -> list[int]:
    """Return the processes that were started with a variable of this value (none where there is no /proc)."""
    wanted = f"{variable}={value}".encode()
    return [int(one.parent.name) for one in _PROC.glob("[0-9]*/environ") if wanted in _environ(one)]


def _environ(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\0")
    except OSError:  # gone, or somebody else's
        return []


def end_child(child: subprocess.Popen[bytes], *, polite: int, seconds: float) -> None:
    """Ask a child to stop, wait, then kill what is left of its session; returns when it is gone."""
    if child.poll() is None:
        child.send_signal(polite)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            _kill_session(child.pid)
            child.wait()
    _kill_orphans(child.pid)


def _kill_orphans(leader: int) -> None:
    """Kill what a dead leader left in its group: a web master killed at once leaves a worker that holds the port."""
    if command_of(leader):  # the number was given to somebody else: it was free, so nobody is left of ours
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_stranger(pid: int, *, polite: int, seconds: float) -> None:
    """End a process that is not our child (left over from a killed run). The caller has proved that it is ours."""
    try:
        os.kill(pid, polite)
    except ProcessLookupError:
        return
    if not wait_until(lambda: not command_of(pid), seconds=seconds):
        _kill_session(pid)
        wait_until(lambda: not command_of(pid), seconds=5)


def _kill_session(leader: int) -> None:
    """Every child of ours leads a session and so a process group: kill the group, else the leader alone."""
    try:
        if os.getpgid(leader) == leader:
            os.killpg(leader, signal.SIGKILL)
        else:
            os.kill(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
