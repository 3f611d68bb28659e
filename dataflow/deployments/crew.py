"""The workers of one deployment that one supervisor keeps up."""

from __future__ import annotations

import logging
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from dataflow.deployments.roster import Roster
from dataflow.deployments.wanted import Wanted
from dataflow.models.deployments import FAILING, REFUSED, RUNNING, STOPPED, TURNING

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a worker that ended is started again: doubled each time, from the first on again once one has lived
for as long as the longest."""
END_SECONDS = 12.0
"""How long a worker may finish its batch before it is killed: another one does the batch again."""

_log = logging.getLogger(__name__)

Spawn: TypeAlias = Callable[[Wanted, int], "subprocess.Popen[bytes]"]
Seen: TypeAlias = tuple[str, str]
"""What became of a deployment, and what is the matter in words."""


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    make: tuple[str, object]
    begun: float
    killed_at: float | None = None
    """When it is killed, once it was told to end."""


@dataclass(frozen=True, slots=True)
class Pause:
    """How long nobody tries again, until when, and why in words."""

    length: float
    due: float
    words: str

    @classmethod
    def after(cls, former: Pause | None, words: str, *, now: float) -> Pause:
        """Return the next pause: the first one, or twice as long as the one before."""
        length = FIRST_PAUSE if former is None else min(2 * former.length, LONGEST_PAUSE)
        return cls(length, now + length, words)


class Crew:
    """Keeps as many workers up as are wanted, in places that no other supervisor holds."""

    def __init__(self, roster: Roster, *, holder: str, spawn: Spawn) -> None:
        self._roster, self._holder, self._spawn = roster, holder, spawn
        self._workers: dict[int, _Worker] = {}
        self._pauses: dict[int, Pause] = {}
        self._words = ""
        self._make: tuple[str, object] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it has no worker left."""
        return not self._workers

    def keep(self, wanted: Wanted, *, now: float) -> Seen | None:
        """Bring workers in line with what is wanted; return what is seen, None where others have all the places."""
        if wanted.make != self._make:  # what another one did is forgiven
            self._pauses, self._words, self._make = {}, "", wanted.make
        self._bury(now)
        self._end_others(wanted, now)
        for place in range(wanted.workers):
            self._fill(place, wanted, now)
        return self._seen(wanted)

    def end(self, *, now: float) -> None:
        """Tell all workers to end, and kill those that did not; to be called again until it is idle."""
        self._bury(now)
        for worker in self._workers.values():
            _end(worker, now)

    def _bury(self, now: float) -> None:
        """Find who has ended: on purpose, or by itself and is started again after a pause."""
        for place, worker in list(self._workers.items()):
            status = worker.process.poll()
            if status is None:
                if now - worker.begun >= LONGEST_PAUSE:
                    self._pauses.pop(place, None)
                continue
            del self._workers[place]
            if worker.killed_at is not None:
                self._roster.let_go(place, holder=self._holder)
                continue
            former = None if now - worker.begun >= LONGEST_PAUSE else self._pauses.get(place)
            self._pauses[place] = Pause.after(former, _told(status), now=now)
            self._words = self._roster.said() or self._words

    def _end_others(self, wanted: Wanted, now: float) -> None:
        for place, worker in self._workers.items():
            if place >= wanted.workers or worker.make != wanted.make or worker.killed_at is not None:
                _end(worker, now)
        for place in [each for each in self._pauses if each >= wanted.workers]:
            del self._pauses[place]
            self._roster.let_go(place, holder=self._holder)
        if not wanted.workers:
            self._words = ""

    def _fill(self, place: int, wanted: Wanted, now: float) -> None:
        holds = self._roster.hold(place, holder=self._holder)
        worker, pause = self._workers.get(place), self._pauses.get(place)
        if worker is not None:
            if not holds:
                _end(worker, now)
        elif holds and (pause is None or now >= pause.due):
            self._begin(place, wanted, now)

    def _begin(self, place: int, wanted: Wanted, now: float) -> None:
        try:
            self._workers[place] = _Worker(self._spawn(wanted, place), wanted.make, now)
        except OSError as error:  # of all flows only this one waits
            _log.error("a worker cannot be started", exc_info=error)
            self._words = f"a worker cannot be started: {type(error).__name__}"
            self._pauses[place] = Pause.after(self._pauses.get(place), self._words, now=now)

    def _seen(self, wanted: Wanted) -> Seen | None:
        if not wanted.workers:
            if self._workers:
                return None
            if wanted.refused:
                return REFUSED, wanted.refused
            return (TURNING if wanted.is_turning else STOPPED), ""
        if self._pauses:
            return FAILING, self._words or next(iter(self._pauses.values())).words
        return (RUNNING, "") if self._workers else None


def _end(worker: _Worker, now: float) -> None:
    if worker.killed_at is None:
        worker.killed_at = now + END_SECONDS
        worker.process.send_signal(signal.SIGTERM)
    elif now >= worker.killed_at:
        worker.process.kill()


def _told(status: int) -> str:
    return f"a worker was ended by signal {-status}" if status < 0 else f"a worker ended with status {status}"
