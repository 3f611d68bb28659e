"""D13: somebody searches again and again and opens next to nobody."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.accesses import Access
from audit.analysis.cases import access, person
from audit.analysis.rule import Case, Context, Day, Detection, Parameter, Signal

WITHIN = timedelta(minutes=30)
ID = "D13"
SEARCHES = Parameter("searches", 10, 3, 1000, "searches within half an hour")
OPENED = Parameter("opened", 1, 0, 100, "people who are opened meanwhile, at most")


def batch(day: Day, ctx: Context) -> Iterator[Signal]:
    most, fewest = ctx.value(ID, OPENED), ctx.value(ID, SEARCHES)
    recent: defaultdict[str, deque[Access]] = defaultdict(deque)
    for each in day.seen:
        access = each.access
        if access.operation != "search" and not access.looks:
            continue
        window = recent[access.actor]
        window.append(access)
        while access.at - window[0].at > WITHIN:
            window.popleft()
        searched = [found for found in window if found.operation == "search"]
        if len(searched) >= fewest and len(window) - len(searched) <= most:
            told: dict[str, str | int] = {"searches": len(searched), "opened": len(window) - len(searched)}
            yield Signal(access.actor, 6.0, tuple(searched), actor=access.actor, why=told)


def _searches(many: int, *, then_opens: bool) -> tuple[Access, ...]:
    found = []
    for number in range(many):
        found.append(access(number * 1.5, operation="search"))
        if then_opens:
            found.append(access(number * 1.5 + 1, subjects=(person(number),)))
    return tuple(found)


DETECTION = Detection(
    id=ID,
    version=1,
    title="Searches that open nobody",
    severity="medium",
    action="review",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation"),
    runbook="Ask whom they looked for. A caller who spells badly explains a few searches, not ten.",
    batch=batch,
    parameters=(SEARCHES, OPENED),
    tests=(
        Case("fifteen searches and nobody opened", True, _searches(15, then_opens=False)),
        Case("fifteen searches, each opened", False, _searches(15, then_opens=True)),
        Case("five searches", False, _searches(5, then_opens=False)),
    ),
)
