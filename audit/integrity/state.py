"""How far the sealing of the book is, and what must not happen while it is not done."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db import Error, connection

from audit.integrity.witnessing import INCONSISTENT

REMEMBERED_SECONDS = 5.0
"""How long a process decides by a state without asking again."""

OPENING = frozenset({"read", "export", "resolve", "unseal"})
"""Operations by which values leave."""

LATE = timedelta(seconds=30)
"""After so long `/readyz` says that sealing is behind."""


APART = timedelta(seconds=2)
"""As far as this process's clock may be from the database's: beyond it no access begins."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """What the sealer and the witnesses left in the database. Times are None for what never happened.

    `turned_at`: when the sealer last did what it should; in `trouble` it does not.
    """

    size: int
    signed_at: datetime | None
    turned_at: datetime | None
    behind_since: datetime | None
    trouble: str
    witnessed_size: int
    witnessed_at: datetime | None
    witness_trouble: str

    def lag(self, now: datetime) -> timedelta | None:
        """Return for how long entries may have waited; None where nobody has ever sealed."""
        if self.turned_at is None:
            return None
        return max(now - min(self.behind_since or self.turned_at, self.turned_at), timedelta(0))

    @property
    def is_contradicted(self) -> bool:
        """Whether a witness has seen another book."""
        return INCONSISTENT in self.witness_trouble

    def code(self, now: datetime) -> str:
        """Return a word for `/readyz`: ok, never, broken, behind, contradicted or unwitnessed."""
        lag = self.lag(now)
        if lag is None:
            return "never"
        if self.trouble:
            return "broken"
        if self.is_contradicted:
            return "contradicted"
        return "behind" if lag > LATE else "unwitnessed" if self.witness_trouble else "ok"


def sealing() -> Sealing:
    """Return the state as it is; raises `django.db.Error` if the database does not answer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(size, 0), signed_at, turned_at, behind_since, coalesce(trouble, ''), "
            "coalesce(witnessed_size, 0), witnessed_at, coalesce(witness_trouble, '') from audit_integration_state()"
        )
        return Sealing(*cursor.fetchone())


def against(operations: set[str], *, now: datetime) -> str:
    """Say why operations must wait until the book is sealed again, "" where nothing stands against them.

    Exports wait after `AUDIT_UNSEALED_EXPORT_MINUTES`, and while no witness has answered for a day; reads wait after
    `AUDIT_UNSEALED_READ_MINUTES`. Zero switches a rule off.
    """
    export, read = settings.AUDIT_UNSEALED_EXPORT_MINUTES, settings.AUDIT_UNSEALED_READ_MINUTES
    is_export, is_read = "export" in operations, bool(operations & OPENING)
    if not ((is_export and export) or (is_read and read)):
        return ""
    state = _memory.state()
    if state is None:
        return ""  # the database does not answer: the record of this call cannot be written either
    lag = state.lag(now)
    if is_read and read and (lag is None or lag > timedelta(minutes=read)):
        return f"book: it has not been sealed for more than {read} minutes"
    if is_export and export and (lag is None or lag > timedelta(minutes=export)):
        return f"book: it has not been sealed for more than {export} minutes, and exports wait"
    if is_export and export and _is_unwitnessed(state, now):
        return "book: no witness has seen it for more than a day, and exports wait"
    return ""


def contradiction() -> str:
    """Say that a witness has seen another book than this one, "" if not: nobody gives access while that stands."""
    state = _memory.state()
    return "book: a witness has seen another one" if state is not None and state.is_contradicted else ""


def _is_unwitnessed(state: Sealing, now: datetime) -> bool:
    """Say whether what was signed waits for a witness for more than a day, where there are witnesses at all."""
    if state.witnessed_at is None:
        return bool(state.witness_trouble)
    return state.size > state.witnessed_size and now - state.witnessed_at > timedelta(days=1)


def clock_ahead() -> timedelta:
    """Return how far this process's clock is before the database's. Raises `django.db.Error` without an answer."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        there: datetime = cursor.fetchone()[0]
    return datetime.now(UTC) - there


class _Memory:
    """The last state that this process has seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._state: Sealing | None = None

    def state(self) -> Sealing | None:
        if monotonic() - self._asked_at >= REMEMBERED_SECONDS:
            with self._lock:
                if monotonic() - self._asked_at >= REMEMBERED_SECONDS:
                    self._state = _asked()
                    self._asked_at = monotonic()
        return self._state

    def forget(self) -> None:
        self._asked_at = float("-inf")


_memory = _Memory()
forget_sealing = _memory.forget
"""For tests: the next decision asks."""


def _asked() -> Sealing | None:
    try:
        return sealing()
    except Error:
        return None
