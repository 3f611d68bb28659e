"""Entries whose bodies are gone: with a month that was dropped, which is an entry itself, or without a reason.

Whoever may append may append an entry that says so. It excuses nothing that retention would not have let go: the
month has to be old enough, and be the one that the missing bodies were in, by the times of what is around them; all of
a month goes at once; and no more may be gone than it had.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .dating import rfc3339, time_of, written_at

DROPPED = b'"kind":"audit.month_dropped"'
SYSTEM = "00000000-0000-0000-0000-000000000000"
"""The environment in which the system's own entries are."""
MOST_GAPS = 10_000

_EVER, _NEVER = b"", b"~"
"""Before every month, and behind each: bounds of a time that nothing tells."""
_is_month = re.compile(rb"\d{4}-(0[1-9]|1[0-2])").fullmatch


@dataclass(slots=True)
class Gap:
    """Places without bodies, and the earliest and the latest month in which these may have been written."""

    first: int
    until: int
    low: bytes
    high: bytes = _NEVER

    def fits(self, drop: Drop) -> bool:
        """Say whether what is missing may have been of the month that was dropped."""
        return self.low <= drop.month <= self.high


@dataclass(frozen=True, slots=True)
class Drop:
    """What a credible entry says of a month that was dropped: its places, and how many entries it had there."""

    month: bytes
    first: int
    until: int
    entries: int
    index: int
    at: bytes

    @property
    def places(self) -> tuple[bytes, int, int, int]:
        """What tells one drop from another."""
        return self.month, self.first, self.until, self.entries


@dataclass(frozen=True, slots=True)
class Judgement:
    """Ranges without bodies that nothing explains, those that only unwitnessed entries explain, and what went."""

    unexplained: list[tuple[int, int]]
    unsure: list[tuple[int, int]]
    dropped: list[str]


class Gaps:
    """Collects the places without a body, and what later entries say of them; both as ranges, so memory stays flat.

    Places, bodies and witnesses are told in the order of the book.
    """

    def __init__(self, *, keep_months: int, late: timedelta, needs_witnesses: bool) -> None:
        self._keep_months, self._late, self._needs_witnesses = keep_months, late, needs_witnesses
        self._gaps: list[Gap] = []
        self._open: list[Gap] = []
        self._drops: dict[bytes, Drop] = {}
        self._unwitnessed: list[Drop] = []
        self._months: dict[bytes, int] = {}
        self._seen_at = b""

    def __bool__(self) -> bool:
        return bool(self._gaps)

    def add(self, index: int, before: bytes) -> None:
        """Take a place without a body; `before` is the body before it, nothing where there is none."""
        last = self._gaps[-1] if self._gaps else None
        if last and last.until == index and self._open and self._open[-1] is last and last.high == _NEVER:
            last.until = index + 1
        elif last and len(self._gaps) == MOST_GAPS:
            last.until, last.low, last.high = index + 1, _NEVER, _EVER
        else:
            low = _month(max(_time(before), self._seen_at), -self._late) or _EVER
            self._gaps.append(Gap(index, index + 1, low))
            self._open.append(self._gaps[-1])

    def bodies(self, bodies: Sequence[bytes], tails: Sequence[bytes], first: int) -> None:
        """Take bodies that are there; `tails` tell when they were written, `first` is the index of the first."""
        for month in {tail[:7] for tail in tails} - self._months.keys():
            here = (at for at, tail in enumerate(tails) if tail[:7] == month and written_at(bodies[at]))
            found = next(here, None)
            if found is not None:
                self._months[month] = first + found
        if self._open:
            self._close(_time(bodies[0]), is_certain=not self._needs_witnesses)
        if self._gaps:
            for at, body in enumerate(bodies, first):
                if DROPPED in body:
                    self._explain(at, body)

    def witnessed(self, moment: datetime) -> None:
        """Take when witnesses saw all that was told until now."""
        self._seen_at = rfc3339(moment).encode()
        self._close(self._seen_at, is_certain=True)
        latest = _month(self._seen_at, self._late) or _NEVER
        self._drops |= {drop.month: drop for drop in self._unwitnessed if drop.at[:7] <= latest}
        self._unwitnessed.clear()

    def _close(self, at: bytes, *, is_certain: bool) -> None:
        high = _month(at, self._late) or _NEVER
        for gap in self._open:
            gap.high = min(gap.high, high)
        if is_certain and self._open:
            since = max(len(self._gaps) - len(self._open) - 1, 0)
            self._gaps[since:] = _merged(self._gaps[since:])
            self._open.clear()

    def _explain(self, index: int, body: bytes) -> None:
        outcome, drop = _told(index, body)
        if drop is None or _number(drop.at) - _number(drop.month) <= self._keep_months:
            return
        if outcome == "failed":
            self._unwitnessed = [each for each in self._unwitnessed if each.places != drop.places]
            self._drops = {month: each for month, each in self._drops.items() if each.places != drop.places}
        elif outcome == "done" and self._needs_witnesses:
            self._unwitnessed.append(drop)
        elif outcome == "done":
            self._drops[drop.month] = drop  # a month goes once: whoever says so again was interrupted before

    def judged(self) -> Judgement:
        """Say which ranges nothing explains."""
        went, left = self._explained(self._drops.values())
        dropped = [f"{drop.month.decode()}: {count} entries" for drop, count in went if count]
        if not left or not self._unwitnessed:
            return Judgement(left, [], dropped)
        _, hopeless = self._explained([*self._drops.values(), *self._unwitnessed])
        return Judgement(hopeless, [each for each in left if each not in hopeless], dropped)

    def _explained(self, drops: Iterable[Drop]) -> tuple[list[tuple[Drop, int]], list[tuple[int, int]]]:
        """Return how many places each drop explains, and the ranges that none does.

        A drop after which more is gone than it had explains nothing. Months overlap at their borders only: there the
        earlier one takes what it had, and the later one the rest.
        """
        believed = sorted((drop for drop in drops if self._is_whole(drop)), key=lambda drop: drop.month)
        while True:
            went, overdrawn, left = [], [], [(gap.first, gap.until, gap) for gap in self._gaps]
            for drop in believed:
                count, left = _without(left, drop)
                went.append((drop, count))
            for drop in believed:
                if any(first < drop.until and drop.first < until and gap.fits(drop) for first, until, gap in left):
                    overdrawn.append(drop)
            if not overdrawn:
                return went, _ranges(left)
            believed = [drop for drop in believed if drop not in overdrawn]

    def _is_whole(self, drop: Drop) -> bool:
        """Say whether all bodies of a month went with it."""
        return self._months.get(drop.month, drop.index) >= drop.index


Part = tuple[int, int, Gap]


def _without(parts: list[Part], drop: Drop) -> tuple[int, list[Part]]:
    """Return how many places a drop explains, from the first on and no more than it had, and what it leaves."""
    count, left = 0, []
    for first, until, gap in parts:
        low, high = max(first, drop.first), min(until, drop.until, drop.entries - count + max(first, drop.first))
        if low >= high or not gap.fits(drop):
            left.append((first, until, gap))
            continue
        count += high - low
        left += [(start, end, gap) for start, end in ((first, low), (high, until)) if start < end]
    return count, left


def _ranges(parts: list[Part]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, until, _ in parts:
        start = joined.pop()[0] if joined and joined[-1][1] == first else first
        joined.append((start, until))
    return joined


def _merged(gaps: list[Gap]) -> list[Gap]:
    kept: list[Gap] = []
    for gap in gaps:
        last = kept[-1] if kept else None
        if last and (last.until, last.low, last.high) == (gap.first, gap.low, gap.high):
            last.until = gap.until
        else:
            kept.append(gap)
    return kept


def _told(index: int, body: bytes) -> tuple[str, Drop | None]:
    """Return the outcome and what an entry says of a month; None where it is not the system's own, or cannot be so."""
    at = time_of(body)
    try:
        told = json.loads(body)
        facts, actor = told["facts"], told["actor"]
        places = (facts["first"], facts["last"], facts["entries"])
        month = str(facts["month"]).encode()
        owner = (told["kind"], actor["kind"], actor["id"], told["environment"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", None
    if at is None or owner != ("audit.month_dropped", "system", None, SYSTEM) or {*map(type, places)} != {int}:
        return "", None
    first, last, entries = places
    if not (_is_month(month[:7]) and month[7:] == b"-01" and 0 <= first <= last < index and entries > 0):
        return "", None
    return str(told.get("outcome")), Drop(month[:7], first, last + 1, entries, index, min(at, written_at(body) or at))


def _time(body: bytes) -> bytes:
    return (written_at(body) or time_of(body) or b"") if body else b""


def _month(at: bytes, moved: timedelta) -> bytes:
    """Return the month of a time that is moved; nothing for a time that no calendar has."""
    try:
        return rfc3339(datetime.fromisoformat(at.decode()) + moved)[:7].encode()
    except (ValueError, OverflowError):
        return b""


def _number(month: bytes) -> int:
    return int(month[:4]) * 12 + int(month[5:7])
