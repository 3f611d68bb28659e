"""Writing a day down: what happened goes in in any order and comes out as accesses in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from random import Random
from types import MappingProxyType
from typing import Any
from uuid import UUID, SafeUUID

from audit.analysis.accesses import Access
from audit.simulation.company import id_of
from audit.simulation.configuration import Configuration

DAY = 86_400.0

_NOTHING: Mapping[str, Any] = MappingProxyType({})

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "read": "accessor.executed",
        "export": "accessor.executed",
        "unmask": "accessor.unmasked",
        "search": "subject.sought",
        "write": "mutator.executed",
        "request": "access_request.submitted",
        "declare": "access_request.declared",
        "approve": "access_request.approved",
        "proof_refused": "delegation.proof_refused",
        "activate": "access_grant.activated",
    }
)
"""What the book calls each kind of access."""


class Pen:
    """Collects what happens on a day. Times are seconds since the first day of the run."""

    def __init__(self, configuration: Configuration, *, seed: int, environment_id: UUID) -> None:
        self._noise = configuration.noise
        self._begin = datetime.combine(configuration.work.first_day, time(), UTC)
        self._environment = environment_id
        # Ids have the order of time, are the same in every run, and unlike those of any other company or environment.
        drawn = id_of(seed, f"{environment_id} {configuration}", 0).int
        self._tail = (drawn & 0xFFF) << 64 | 0b10 << 62 | (drawn & 0x3FFF_FFFF_0000_0000)
        self._begin_ms = int(self._begin.timestamp() * 1000)
        self._lines: list[tuple[Any, ...]] = []
        self.written = 0

    def moment(self, at: float) -> datetime:
        """Return a time of the run as the clock on the wall showed it."""
        return self._begin + timedelta(seconds=at)

    def write(
        self,
        at: float,
        actor: str,
        operation: str,
        subjects: tuple[str, ...] = (),
        *,
        resource: str = "",
        columns: tuple[str, ...] = (),
        purposes: tuple[str, ...] = (),
        rows: int = 1,
        grant: str = "",
        ticket: str = "",
        reason: str = "",
        build: str = "",
        key: str = "",
        actor_kind: str = "operator",
        outcome: str = "done",
        facts: Mapping[str, Any] = _NOTHING,
        plot: int | None = None,
    ) -> None:
        """Put down one access; `plot` is the number of the insider's plan that it belongs to."""
        lines = self._lines
        lines.append(
            (at, len(lines), actor, operation, subjects, resource, columns, purposes, rows, grant, ticket, reason,
             build, key, actor_kind, outcome, facts, plot)
        )  # fmt: skip

    def take(self, rng: Random, planted: dict[UUID, int]) -> Iterator[Access]:
        """Return the day in the order of the book and forget it; notes what insiders did in `planted`.

        Clocks are off by some seconds and some calls are made twice, as they are.
        """
        lines, self._lines = self._lines, []
        share, skew = self._noise.duplicates, self._noise.skew_seconds
        for _ in range(round(share * len(lines))):
            again = lines[rng.randrange(len(lines))]
            lines.append((again[0] + 1 + rng.random() * 4, len(lines), *again[2:]))
        lines.sort()
        begin, begin_ms, tail, environment, index = (
            self._begin, self._begin_ms, self._tail, self._environment, self.written,
        )  # fmt: skip
        seconds, uniform, kinds = timedelta, rng.random, KINDS
        # What UUID(int=...) does, without its checks, which take longer than all the rest of a line.
        made, put, unknown = object.__new__, object.__setattr__, SafeUUID.unknown
        for (at, _, actor, operation, subjects, resource, columns, purposes, rows, grant, ticket, reason,
             build, key, actor_kind, outcome, facts, plot) in lines:  # fmt: skip
            entry = made(UUID)
            put(entry, "int", (begin_ms + int(at * 1000)) << 80 | 0x7 << 76 | tail | index)
            put(entry, "is_safe", unknown)
            if plot is not None:
                planted[entry] = plot
            yield Access(
                index, entry, begin + seconds(0, at + (uniform() - 0.5) * skew), environment, kinds[operation], outcome,
                actor_kind, actor, operation, subjects, len(subjects),
                resource, columns, purposes, rows, grant, ticket, reason, "", build, key, facts,
            )  # fmt: skip
            index += 1
        self.written = index
