"""Lets a script that keeps hitting its limits rest, so that it cannot take every helper down with it."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from time import monotonic

ENDS = 3
"""How often a script may be ended within `SECONDS` before it rests for `SECONDS`."""
SECONDS = 60.0
REMEMBERED = 4_096


class Quarantine:
    """Counts how often calls of a script were ended, per script and process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ended: OrderedDict[bytes, list[float]] = OrderedDict()
        self._resting: dict[bytes, float] = {}

    def holds(self, digest: bytes) -> bool:
        """Tell whether the script rests now."""
        if not self._resting:
            return False
        until = self._resting.get(digest)
        if until is None:
            return False
        if monotonic() < until:
            return True
        with self._lock:
            self._resting.pop(digest, None)
        return False

    def count(self, digest: bytes) -> None:
        """Note that a call of the script was ended."""
        now = monotonic()
        with self._lock:
            recent = [moment for moment in self._ended.pop(digest, []) if moment > now - SECONDS]
            recent.append(now)
            if len(recent) >= ENDS:
                self._resting[digest] = now + SECONDS
            else:
                self._ended[digest] = recent
            while len(self._ended) > REMEMBERED:
                self._ended.popitem(last=False)
