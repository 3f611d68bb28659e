"""The engine: every access is explained, shown to the rules, and remembered; every day is looked at as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded

from audit.analysis.accesses import Access
from audit.analysis.explaining import JOB, MOST_PEOPLE, explain, is_excused, note_handling
from audit.analysis.facts import Facts
from audit.analysis.memory import (
    APPROVED,
    ASKED,
    COLUMN,
    EVERYBODY,
    GRANT,
    HOME,
    ORDINAL,
    REQUEST,
    Memory,
    seconds,
)
from audit.analysis.rule import Alert, Context, Day, Detection, Seen, Signal, StreamRule, alert_id

CREATED = "subject.created"
BROKEN = "E0"
"""The rule that a rule itself failed: one time is enough to tell, whatever its own threshold is."""


class Engine:
    """Rules over facts and memory. It knows no database: whoever runs it brings accesses and keeps what comes out."""

    def __init__(
        self,
        detections: Sequence[Detection],
        *,
        facts: Facts | None = None,
        memory: Memory | None = None,
        thresholds: Mapping[str, int] | None = None,
        parameters: Mapping[str, Mapping[str, float]] | None = None,
        scope: str = "",
    ) -> None:
        self._scope = scope
        self.ctx = Context(facts or Facts(), memory or Memory(), thresholds or {}, parameters or {})
        self.alerts: dict[Any, Alert] = {}
        self._touched: dict[Any, Alert] = {}
        self._batch = [(each, each.batch) for each in detections if each.batch is not None]
        streaming = [(each, each.rule) for each in detections if each.rule is not None]
        operations = {name for each, _ in streaming for name in each.operations}
        # Which rules look at what is worked out once: each access passes here, and most rules have no part in it.
        self._of = {name: _asked(streaming, name) for name in operations}
        self._always = _asked(streaming, "")

    def see(self, access: Access) -> Seen:
        """Explain an access, run the stream rules over it, and remember it."""
        ctx = self.ctx
        seen = explain(access, ctx)
        # While no tickets come in, nothing is explained: who is asked about then is asked for nothing.
        is_unexplained = bool(seen.unexplained) and not is_excused(access, ctx)
        for detection, rule in self._of.get(access.operation, self._always)[is_unexplained]:
            try:
                for signal in rule(seen, ctx):
                    self._take(detection, signal, signal.at or access.at)
            except SoftTimeLimitExceeded:
                raise
            except Exception as error:
                # A rule that fails must not keep the others from working.
                self._failed(detection, error, [seen], access.at)
        remember(seen, ctx)
        return seen

    def close(self, day: Day) -> None:
        """Run the rules over a whole day. A day may be closed again: what is known already is not told twice."""
        self.ctx.shared.clear()
        for detection, batch in self._batch:
            try:
                for signal in batch(day, self.ctx):
                    self._take(detection, signal, day.begins)
            except SoftTimeLimitExceeded:
                raise
            except Exception as error:
                # A rule that fails must not keep the others from working.
                self._failed(detection, error, day.seen[-1:], day.begins)

    def touched(self) -> list[Alert]:
        """Return the alerts that are new or grew since this was asked last."""
        found = list(self._touched.values())
        self._touched.clear()
        return found

    def raised(self) -> list[Alert]:
        """Return every alert that reached its threshold."""
        return [each for each in self.alerts.values() if each.is_raised]

    def know(self, alerts: Iterable[Alert]) -> None:
        """Take up alerts that were found earlier, so that they go on where they stood."""
        self.alerts.update((each.id, each) for each in alerts)

    def _take(self, detection: Detection, signal: Signal, at: datetime) -> None:
        window = detection.window_start(at)
        threshold = self.ctx.thresholds.get(detection.id, detection.threshold)
        found = alert_id(detection.id, detection.version, signal.key, window, scope=self._scope)
        alert = self.alerts.get(found)
        last = signal.evidence[-1] if signal.evidence else None
        if alert is None:
            alert = self.alerts[found] = Alert(
                id=found,
                rule=detection.id,
                version=detection.version,
                severity=detection.severity,
                action=detection.action,
                key=signal.key,
                window_start=window,
                threshold=threshold,
                at=last.at if last else at,
                actor=signal.actor,
                actor_kind=last.actor_kind if last else "",
                grant=last.grant if last else "",
                subject=signal.subject,
            )
        alert.absorb(signal)
        self._touched[found] = alert

    def _failed(self, detection: Detection, error: Exception, seen: Sequence[Seen], at: datetime) -> None:
        broken = Detection(
            id=BROKEN,
            version=1,
            title="A rule failed",
            severity="medium",
            action="inform",
            dedup_minutes=24 * 60,
            needs=(),
            runbook="Look at the worker's log, mend the rule, and run it over the range again.",
            tests=(),
        )
        # The kind of the error alone: its text may hold anything.
        why: dict[str, str | int] = {"rule": detection.id, "error": type(error).__name__}
        self._take(broken, Signal(detection.id, 3.0, tuple(each.access for each in seen), why=why), at)


_Streaming = list[tuple[Detection, StreamRule]]


def _asked(streaming: _Streaming, operation: str) -> tuple[_Streaming, _Streaming]:
    """Return the rules that look at an operation: where everything is explained, and where something is not."""
    asked = [pair for pair in streaming if not pair[0].operations or operation in pair[0].operations]
    return [pair for pair in asked if not pair[0].only_unexplained], asked


def remember(seen: Seen, ctx: Context) -> None:
    """Remember what later accesses and days are compared with."""
    access, memory = seen.access, ctx.memory
    note_handling(seen, memory)
    day = access.at.date()
    if access.looks:
        tally = memory.count(access.actor, day)
        tally.looks += 1
        tally.people += len(access.subjects)
        tally.rows += access.rows
        tally.grounded += bool(seen.handled)
        if JOB in seen.explanations:
            tally.scheduled += len(access.subjects)
        if not seen.is_explained and not is_excused(access, ctx):
            tally.unexplained += _newly_asked(seen, memory)
        _remember_columns(access, ctx)
    elif access.operation == "search":
        memory.count(access.actor, day).searches += 1
    elif access.outcome == "done":
        if access.kind == CREATED:
            _remember_order(access, memory)
        _remember_request(access, memory)
    if access.actor_kind == "client":
        memory.keep_first(HOME, access.actor, str(access.environment_id))


def _newly_asked(seen: Seen, memory: Memory) -> int:
    """Return how many people come to those whom nothing explains today.

    A case that nobody wrote down leaves several looks at one person: counted as looks they would come in clumps, which
    no Poisson distribution has. Of a list that is too long for anybody in it to be followed, all are new each time: one
    call must not leave tens of thousands of memories behind.
    """
    access, today = seen.access, seen.access.at.date().isoformat()
    if not seen.unexplained:
        return 1
    if len(access.subjects) > MOST_PEOPLE:
        return len(seen.unexplained)
    new = 0
    for subject in seen.unexplained:
        key = f"{access.actor}:{subject}"
        if memory.get(ASKED, key) != today:
            memory.keep(ASKED, key, today)
            new += 1
    return new


def _remember_order(access: Access, memory: Memory) -> None:
    """Count people as they are stored: the store's own numbers are in no entry, so that erasure leaves none behind."""
    known: int = memory.get(ORDINAL, "") or 0
    for place, subject in enumerate(access.subjects, start=known + 1):
        memory.keep(ORDINAL, subject, place)
    memory.keep(ORDINAL, "", known + len(access.subjects))


def _remember_columns(access: Access, ctx: Context) -> None:
    known = ctx.memory.known_columns
    if (access.actor, access.columns) in known:
        return
    known.add((access.actor, access.columns))
    moment, role = seconds(access.at), ctx.role(access.actor)
    for column in access.columns:
        ctx.memory.keep_first(COLUMN, f"{access.actor}:{column}", moment)
        if role:
            ctx.memory.keep_first(COLUMN, f"role/{role}:{column}", moment)


def _remember_request(access: Access, memory: Memory) -> None:
    said = access.facts.get
    request = str(said("request") or "")
    if access.operation in ("request", "declare"):
        asked = {"actor": access.actor, "at": seconds(access.at), "reason": access.reason, "ticket": access.ticket}
        memory.keep(REQUEST, request, asked)
    elif access.operation == "approve":
        asked_before = memory.get(REQUEST, request)
        if asked_before is not None:
            took = seconds(access.at) - asked_before["at"]
            memory.note(APPROVED, access.actor, [seconds(access.at), asked_before["actor"], took], most=200)
            memory.note(APPROVED, EVERYBODY, [seconds(access.at), asked_before["actor"], took], most=200)
    if access.grant and access.kind.startswith(("access_request.", "access_grant.")):
        of = memory.get(REQUEST, request) or {}
        known = {"request": request, "ticket": of.get("ticket", ""), "grantee": str(said("grantee") or "")}
        memory.keep_first(GRANT, access.grant, known)


def days_of(accesses: Iterable[Access], engine: Engine) -> list[Day]:
    """Run accesses in their order, closing each day when the next one begins; return the days."""
    days: list[Day] = []
    for access in accesses:
        today = access.at.astimezone(UTC).date()
        if not days or days[-1].date != today:
            if days:
                engine.close(days[-1])
            days.append(Day(today))
        days[-1].seen.append(engine.see(access))
    if days:
        engine.close(days[-1])
    return days


def forget_until(engine: Engine, day: date, *, kept: timedelta = timedelta(days=60)) -> None:
    """Let go of days that no rule looks back to."""
    engine.ctx.memory.forget(day - kept)
