"""D27: emergencies that somebody declares more often than there are any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.accesses import Access
from audit.analysis.cases import DAY, access
from audit.analysis.memory import DECLARED, EVERYBODY, seconds
from audit.analysis.rule import Case, Context, Detection, Seen, Signal

MONTH = int(timedelta(days=30).total_seconds())
MOST = 2
HALF_A_DAY = int(timedelta(hours=12).total_seconds())
LONELY = 2


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    access = seen.access
    if access.outcome != "done":
        return
    now = seconds(access.at)
    known = ctx.memory.note(DECLARED, access.actor, [now], most=20)
    recent = sum(now - each[0] <= MONTH for each in known)
    alone = _alone(access.actor, now, ctx)
    if recent > MOST:
        yield Signal(access.actor, 3.0 + recent, (access,), actor=access.actor, why={"in 30 days": recent})
    elif alone >= LONELY:
        # An incident has several declare at once; whoever is alone with it each time has one of their own.
        yield Signal(access.actor, 2.5 * alone, (access,), actor=access.actor, why={"alone with it": alone})


def _alone(actor: str, now: int, ctx: Context) -> int:
    """Return with how many of their last emergencies somebody was alone, this one included, for half a day around."""
    everybody = ctx.memory.note(DECLARED, EVERYBODY, [now, actor], most=200)
    own = [at for at, who in everybody if who == actor and now - at <= 2 * MONTH]
    others = [at for at, who in everybody if who != actor]
    return sum(all(abs(at - other) > HALF_A_DAY for other in others) for at in own)


def _emergencies(*days: float) -> tuple[Access, ...]:
    return tuple(access(day * DAY, operation="declare") for day in days)


def _incidents(*days: float) -> tuple[Access, ...]:
    who = ("bob", "ann", "cid")
    return tuple(
        access(day * DAY + place * 30, actor=actor, operation="declare")
        for day in days
        for place, actor in enumerate(who)
    )


DETECTION = Detection(
    id="D27",
    version=2,
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
        Case("twice in two months, alone with it each time", True, _emergencies(4, 40)),
        Case("twice in a month, and others as well", False, _incidents(4, 18)),
        Case("once in a quarter", False, _emergencies(0, 90, 180, 270)),
    ),
)
