"""The processes of one run: started with a log each, watched together, stopped in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import ServerFailed
from config.embedded.identity import Identity
from config.embedded.processes import carrying, command_of, end_child, end_stranger, started_at, wait_until
from config.embedded.state import StateDirectory, read_json, write_private

BASE_DIR = Path(__file__).resolve().parent.parent.parent
STOP_SECONDS = 20.0
READY_VARIABLE = "SEALBOOK_READY_FILE"
"""Tells a process which file to touch; its children inherit it, so it also tells whose they are."""


@dataclass(frozen=True)
class Child:
    """One running process and where it writes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def ready_file(self) -> Path:
        return self.log.parent.parent / "run" / f"{self.name}.ready"


class Children:
    """Every process this run started, in the order of their start."""

    def __init__(self, state: StateDirectory) -> None:
        self.state = state
        self._running: list[Child] = []

    def start(self, name: str, command: Sequence[str | Path], environ: Mapping[str, str]) -> Child:
        """Start one process; its log is appended to, its record lets a later run find it should we be killed."""
        log = self.state.log / f"{name}.log"
        ready = self.state.run / f"{name}.ready"
        ready.unlink(missing_ok=True)
        with log.open("ab") as sink:
            log.chmod(0o600)
            here = {"env": {**environ, READY_VARIABLE: str(ready)}, "cwd": BASE_DIR}
            process = Identity(options=here).start(*command, log=sink)
        child = Child(name=name, process=process, log=log)
        self.adopt(name, process, log=log)
        return child

    def adopt(self, name: str, process: subprocess.Popen[bytes], *, log: Path) -> None:
        """Watch and record a process that somebody else here started (the embedded servers start themselves)."""
        self._running.append(Child(name=name, process=process, log=log))
        record = {"pid": process.pid, "started": started_at(process.pid)}
        write_private(self.state.run / f"{name}.json", json.dumps(record))

    def refuse_dead(self) -> None:
        """Raise `ServerFailed` naming the first process that ended by itself, and its log."""
        for child in self._running:
            if child.process.poll() is not None:
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
