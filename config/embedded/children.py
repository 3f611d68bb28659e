"""The processes of one run: started with a log each, watched together, stopped in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from config.embedded.errors import ServerFailed
from config.embedded.identity import Identity
from config.embedded.processes import carrying, command_of, end_child, end_stranger, started_at, wait_until
from config.embedded.state import StateDirectory, read_json, write_private

BASE_DIR = Path(__file__).resolve().parent.parent.parent
STOP_SECONDS = 20.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before a process that is kept up is started again: doubled each time, from the first on again once it lived
for twice the longest."""
READY_VARIABLE = "SEALBOOK_READY_FILE"
"""Tells a process which file to touch; its children inherit it, so it also tells whose they are."""


@dataclass(frozen=True)
class Child:
    """One running process and where it writes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    command: Sequence[str | Path] = ()
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def ready_file(self) -> Path:
        return self.log.parent.parent / "run" / f"{self.name}.ready"


@dataclass
class Keeping:
    """When a process that is kept up was started last, and when it will be if it is down."""

    begun: float
    pause: float
    due: float | None = None


class Children:
    """Every process this run started, in the order of their start."""

    def __init__(self, state: StateDirectory) -> None:
        self.state = state
        self._running: list[Child] = []
        self._kept: dict[str, Keeping] = {}

    def start(self, name: str, command: Sequence[str | Path], environ: Mapping[str, str]) -> Child:
        """Start one process; its log is appended to, its record lets a later run find it should we be killed."""
        child = self._started(name, command, environ)
        self._running.append(child)
        return child

    def _started(self, name: str, command: Sequence[str | Path], environ: Mapping[str, str]) -> Child:
        log = self.state.log / f"{name}.log"
        ready = self.state.run / f"{name}.ready"
        ready.unlink(missing_ok=True)
        with log.open("ab") as sink:
            log.chmod(0o600)
            here = {"env": {**environ, READY_VARIABLE: str(ready)}, "cwd": BASE_DIR}
            process = Identity(options=here).start(*command, log=sink)
        child = Child(name=name, process=process, log=log, command=command, environ=environ)
        self._record(child)
        return child

    def adopt(self, name: str, process: subprocess.Popen[bytes], *, log: Path) -> None:
        """Watch and record a process that somebody else here started (the embedded servers start themselves)."""
        self._running.append(Child(name=name, process=process, log=log))
        self._record(self._running[-1])

    def _record(self, child: Child) -> None:
        record = {"pid": child.process.pid, "started": started_at(child.process.pid)}
        write_private(self.state.run / f"{child.name}.json", json.dumps(record))

    def keep_up(self, child: Child) -> None:
        """Have a process that `start` started be started again whenever it ends: the others go on without it."""
        self._kept[child.name] = Keeping(begun=time.monotonic(), pause=FIRST_PAUSE)

    def start_ended_again(self) -> list[str]:
        """Start what is kept up and has ended, each after a pause; return what to tell, which is in its log, too."""
        told = []
        for place, child in enumerate(self._running):
            keeping = self._kept.get(child.name)
            if keeping is None or child.process.poll() is None:
                continue
            if keeping.due is None:
                told.append(self._put_off(child, keeping))
            elif time.monotonic() >= keeping.due:
                self._running[place] = self._started(child.name, child.command, child.environ)
                keeping.begun, keeping.due = time.monotonic(), None
        return told

    def _put_off(self, child: Child, keeping: Keeping) -> str:
        """Choose when a process is started again that has just ended, with what it left behind."""
        now = time.monotonic()
        if now - keeping.begun >= 2 * LONGEST_PAUSE:
            keeping.pause = FIRST_PAUSE
        keeping.due = now + keeping.pause
        text = f"{child.name} ended with status {child.process.returncode}; started again in {keeping.pause:.0f} s."
        keeping.pause = min(2 * keeping.pause, LONGEST_PAUSE)
        end_child(child.process, polite=signal.SIGTERM, seconds=STOP_SECONDS)
        with child.log.open("a") as log:
            log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text}\n")
        return f"{text} Its log is {child.log}."

    def refuse_dead(self) -> None:
        """Raise `ServerFailed` naming the first process that ended by itself and is not kept up, and its log."""
        for child in self._running:
            if child.name not in self._kept and child.process.poll() is not None:
                raise ServerFailed(
                    f"{child.name} ended with status {child.process.returncode}; its log is {child.log}."
                )

    def wait_for_ready_file(self, child: Child, *, seconds: float) -> None:
        """Return when the child says that it is ready. Raises `ServerFailed` when it dies or the time is over."""

        def settled() -> bool:
            self.refuse_dead()
            return child.ready_file.exists()

        if not wait_until(settled, seconds=seconds, pause=0.05):
            raise ServerFailed(f"{child.name} was not ready within {seconds:.0f} s; its log is {child.log}.")

    def stop(self) -> None:
        """Stop everything, last started first; returns when all of it is gone."""
        while self._running:
            child = self._running.pop()
            polite = signal.SIGINT if child.name == "postgres" else signal.SIGTERM
            end_child(child.process, polite=polite, seconds=STOP_SECONDS)
            for trace in (self.state.run / f"{child.name}.json", child.ready_file):
                trace.unlink(missing_ok=True)


def end_leftovers(state: StateDirectory) -> list[str]:
    """End what a killed run left behind and return its names.

    Only a process whose pid *and* start time were recorded is ours, or one that carries our variable: a pid alone may
    belong to a stranger by now.
    """
    ended = []
    for record_file in sorted(state.run.glob("*.json"), reverse=True):
        record = read_json(record_file)
        pid = record.get("pid", 0)
        if pid and pid != os.getpid() and command_of(pid) and started_at(pid) == record.get("started"):
            polite = signal.SIGINT if record_file.stem == "postgres" else signal.SIGTERM
            end_stranger(pid, polite=polite, seconds=STOP_SECONDS)
            ended.append(record_file.stem)
        for orphan in carrying(READY_VARIABLE, str(record_file.with_suffix(".ready"))):
            end_stranger(orphan, polite=signal.SIGKILL, seconds=STOP_SECONDS)
            ended.append(f"a process of {record_file.stem}")
        with suppress(FileNotFoundError):
            record_file.unlink()
    return ended
