"""While a batch takes long its worker says now and then that it lives, from one thread for all workers of a process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import monotonic

from dataflow.engines.protocol import Intake

SECONDS = 5.0
"""How often."""
LONGEST = 600.0
"""Seconds after which a batch is given to others all the same: its worker may hang."""

_busy: dict[int, tuple[Intake, float]] = {}
_lock, _never = Lock(), Event()
_thread: Thread | None = None


@contextmanager
def renewed(intake: Intake) -> Iterator[None]:
    """Keep what a worker was given while it works on it."""
    _begin()
    _busy[id(intake)] = intake, monotonic()
    try:
        yield
    finally:
        del _busy[id(intake)]


def _begin() -> None:
    global _thread  # noqa: PLW0603  one for the process, and a new one in a process that was forked
    if _thread is None or not _thread.is_alive():
        with _lock:
            if _thread is None or not _thread.is_alive():
                _thread = Thread(target=_renew, name="renewing", daemon=True)
                _thread.start()


def _renew() -> None:
    while not _never.wait(SECONDS):
        renew_all()


def renew_all() -> None:
    """Renew once what all workers of this process work on, unless they have for too long."""
    for intake, since in list(_busy.values()):
        if monotonic() - since < LONGEST:
            intake.renew()
