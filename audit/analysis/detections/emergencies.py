"""D27: emergencies that somebody declares more often than there are any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.accesses import Access
from audit.analysis.cases import DAY, access
from audit.analysis.memory import DECLARED, seconds
from audit.analysis.rule import Case, Context, Detection, Seen, Signal

MONTH = int(timedelta(days=30).total_seconds())
MOST = 2


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    access = seen.access
    if access.outcome != "done":
        return
    now = seconds(access.at)
    known = ctx.memory.note(DECLARED, access.actor, [now], most=20)
    recent = sum(now - each[0] <= MONTH for each in known)
    if recent > MOST:
        yield Signal(access.actor, 3.0 + recent, (access,), actor=access.actor, why={"in 30 days": recent})


def _emergencies(*days: float) -> tuple[Access, ...]:
    return tuple(access(day * DAY, operation="declare") for day in days)


DETECTION = Detection(
    id="D27",
    version=1,
    title="One emergency after the other",
    severity="high",
    action="review",
    dedup_minutes=30 * DAY,
    needs=("at", "actor", "operation", "outcome"),
    runbook="Compare with the incidents of these days. Access that is needed so often is asked for, not declared.",
    operations=frozenset({"declare"}),
    rule=rule,
    tests=(
        Case("each Friday of a month", True, _emergencies(4, 11, 18, 25)),
        Case("twice in a month", False, _emergencies(4, 18)),
        Case("once in a quarter", False, _emergencies(0, 90, 180, 270)),
    ),
)
