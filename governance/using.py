"""Which rights allowed something today: noted where it is decided, put down by `actions.right_uses` behind the answer.

A right that nobody uses should be nobody's. Noting costs a look into a set; what is new to this process today waits to
be written, at most once per right, day and process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

Use = tuple[UUID, str, date]
"""Environment, right as verdicts name it, and the day."""
_MOST_REMEMBERED = 100_000
_lock = threading.Lock()
_noted: set[Use] = set()
_waiting: set[Use] = set()


def note_use(environment_id: UUID, right_ids: Iterable[str], *, now: datetime) -> None:
    """Remember that rights allowed something today."""
    for right_id in right_ids:
        use = (environment_id, right_id, now.date())
        if use not in _noted:
            wait_with({use})


def wait_with(uses: Iterable[Use]) -> None:
    """Have uses wait to be written; each is remembered, so that it does not wait again today."""
    with _lock:
        if len(_noted) >= _MOST_REMEMBERED:
            _noted.clear()
        _noted.update(uses)
        _waiting.update(uses)


def take_waiting() -> list[Use]:
    """Return what waits, once."""
    if not _waiting:
        return []
    with _lock:
        taken = sorted(_waiting, key=str)
        _waiting.clear()
    return taken


def forget_uses() -> None:
    """Drop what this process remembers."""
    with _lock:
        _noted.clear()
        _waiting.clear()
