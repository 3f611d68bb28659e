"""Entries whose bodies are gone: with a month that was dropped, which is an entry itself, or without a reason."""

from __future__ import annotations

import json

DROPPED = b'"kind":"audit.month_dropped"'
MOST_GAPS = 10_000


class Gaps:
    """Collects the places without a body, and what later entries say of them; both as ranges, so memory stays flat."""

    def __init__(self) -> None:
        self._gaps: list[list[int]] = []
        self._dropped: list[tuple[int, int, int]] = []

    def __bool__(self) -> bool:
        return bool(self._gaps)

    def add(self, index: int) -> None:
        """Take a place without a body; places come in their order."""
        last = self._gaps[-1] if self._gaps else None
        if last and (last[1] == index or len(self._gaps) == MOST_GAPS):
            last[1] = index + 1
        else:
            self._gaps.append([index, index + 1])

    def explain(self, body: bytes) -> None:
        """Take an entry that says that a month was dropped, or that it was not after all."""
        try:
            told = json.loads(body)
            facts = told["facts"]
            if told["kind"] != "audit.month_dropped" or facts["first"] is None:
                return
            dropped = (int(facts["first"]), int(facts["last"]) + 1, int(facts["entries"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if told.get("outcome") == "done":
            self._dropped.append(dropped)
        elif dropped in self._dropped:
            self._dropped.remove(dropped)

    def unexplained(self) -> list[tuple[int, int]]:
        """Return the ranges without a body that no month explains; all of them if more is gone than the months had."""
        gone = sum(until - first for first, until in self._gaps)
        left = [(first, until) for first, until in self._gaps]
        for first, until, _ in self._dropped:
            left = [part for gap in left for part in _without(gap, first, until)]
        explained = gone - sum(until - first for first, until in left)
        if explained > sum(count for _, _, count in self._dropped):
            return [(first, until) for first, until in self._gaps]
        return left


def _without(gap: tuple[int, int], first: int, until: int) -> list[tuple[int, int]]:
    parts = [(gap[0], min(gap[1], first)), (max(gap[0], until), gap[1])]
    return [part for part in parts if part[0] < part[1]]
