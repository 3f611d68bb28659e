"""D14: refusals, again and again: somebody tries what they may not do, or whether somebody is there."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.accesses import Access
from audit.analysis.cases import access
from audit.analysis.rule import Case, Context, Day, Detection, Signal

WITHIN = timedelta(hours=1)
MANY = 20


def batch(day: Day, ctx: Context) -> Iterator[Signal]:  # noqa: ARG001  the accesses of the day say it all
    recent: defaultdict[str, deque[Access]] = defaultdict(deque)
    for each in day.seen:
        access = each.access
        if access.outcome != "refused" or access.actor_kind == "anonymous":
            continue
        window = recent[access.actor]
        window.append(access)
        while access.at - window[0].at > WITHIN:
            window.popleft()
        if len(window) >= MANY:
            yield Signal(access.actor, 4.0, tuple(window), actor=access.actor, why={"refusals": len(window)})


def _refusals(many: int, *, apart: float) -> tuple[Access, ...]:
    return tuple(access(number * apart, outcome="refused") for number in range(many))


DETECTION = Detection(
    id="D14",
    version=1,
    title="Refused again and again",
    severity="medium",
    action="review",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "outcome"),
    runbook="A program that was set up wrongly does this as well: look at the reasons of the decisions.",
    batch=batch,
    tests=(
        Case("thirty refusals in half an hour", True, _refusals(30, apart=1)),
        Case("thirty refusals in two days", False, _refusals(30, apart=90)),
    ),
)
