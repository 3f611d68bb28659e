"""Sums of what the book counts, for charts; the book records that they were looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db.models import Count

from audit.actors import Actor
from audit.events import BOOK_READ
from audit.models import Finding
from audit.queries import READS
from audit.recorder import append
from audit.rollups.totals import By, totals
from keyring.walls import in_environment

EMERGENCIES = ("access_request.declared",)
"""Kinds of entries by which somebody took emergency access."""


@dataclass(frozen=True, slots=True)
class Days:
    """Numbers of one kind per day, with those of another beside them; every day of the time is there."""

    first: date
    counts: list[int]
    beside: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Summary:
    """What happened in a time, in numbers of entries; keys are ids and names as the counts have them."""

    reads: Days
    """Accesses per day, and beside them those that were refused."""
    purposes: Mapping[str, int]
    accessors: Mapping[str, int]
    refusals: Days
    """Everything that was refused, per day."""
    refused_kinds: Mapping[str, int]
    refused_actors: Mapping[str, int]
    emergencies: Days
    findings: Days
    states: Mapping[str, int]


def read_summary(*, actor: Actor, environment_id: UUID, days: int, now: datetime) -> Summary:
    """Return what happened in the last days, today included, after recording that somebody looked.

    Days are of UTC. Counts are made of sealed entries, so the last half minute may not be in them. Raises
    `AuditUnavailable` instead of releasing anything.
    """
    append(
        BOOK_READ,
        environment_id=environment_id,
        actor=actor,
        facts={"filters": ["since"], "returned": 0, "door": "charts"},
    )
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since, until = today - timedelta(days=days - 1), today + timedelta(days=1)
    span = _Span(environment_id, since, until, days)
    reads = span.per_day("outcome", kinds=READS)
    refused = span.per_day("outcome")
    return Summary(
        reads=Days(since.date(), span.filled(reads.get("done", {})), span.filled(reads.get("refused", {}))),
        purposes=span.done("purpose"),
        accessors=span.done("accessor"),
        refusals=Days(since.date(), span.filled(refused.get("refused", {}))),
        refused_kinds=span.refused("kind"),
        refused_actors=span.refused("actor"),
        emergencies=Days(since.date(), span.filled(span.per_day("outcome", kinds=EMERGENCIES).get("done", {}))),
        findings=Days(since.date(), span.filled(span.findings())),
        states=span.states(),
    )


@dataclass(frozen=True, slots=True)
class _Span:
    environment_id: UUID
    since: datetime
    until: datetime
    days: int

    def sums(self, *by: By, kinds: tuple[str, ...] | None = None) -> dict[tuple[object, ...], int]:
        found = totals(*by, environment_id=self.environment_id, since=self.since, until=self.until, kinds=kinds)
        return {key: sums.entries for key, sums in found.items()}

    def per_day(self, by: By, *, kinds: tuple[str, ...] | None = None) -> dict[str, dict[date, int]]:
        found: dict[str, dict[date, int]] = {}
        for (day, name), entries in self.sums("day", by, kinds=kinds).items():
            if isinstance(day, datetime):
                found.setdefault(str(name), {})[day.astimezone(UTC).date()] = entries
        return found

    def done(self, by: By) -> dict[str, int]:
        found = self.sums(by, "outcome", kinds=READS)
        return _ranked({str(name): entries for (name, outcome), entries in found.items() if outcome == "done"})

    def refused(self, by: By) -> dict[str, int]:
        found = self.sums(by, "outcome")
        return _ranked({str(name): entries for (name, outcome), entries in found.items() if outcome == "refused"})

    def filled(self, found: Mapping[date, int]) -> list[int]:
        return [found.get((self.since + timedelta(days=each)).date(), 0) for each in range(self.days)]

    def findings(self) -> dict[date, int]:
        per_day: dict[date, int] = {}
        with in_environment(self.environment_id):
            for at in Finding.objects.filter(opened_at__gte=self.since).values_list("opened_at", flat=True):
                day = at.astimezone(UTC).date()
                per_day[day] = per_day.get(day, 0) + 1
        return per_day

    def states(self) -> dict[str, int]:
        with in_environment(self.environment_id):
            opened = Finding.objects.filter(opened_at__gte=self.since).order_by()
            return _ranked(dict(opened.values_list("state").annotate(Count("id"))))


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
