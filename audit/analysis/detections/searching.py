"""D13: somebody searches again and again and opens next to nobody, or far more often than the work takes."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.accesses import Access
from audit.analysis.baselines import LOOKED_BACK, at_work
from audit.analysis.cases import DAY, access, person
from audit.analysis.rule import Case, Context, Day, Detection, Parameter, Signal
from audit.analysis.statistics import nats, poisson_tail

WITHIN = timedelta(minutes=30)
ID = "D13"
SEARCHES = Parameter("searches", 10, 3, 1000, "searches within half an hour")
FEWEST, RARE = 5, 1e-4
USUAL, SPREAD = 0.5, 1.5
"""Searches a day that are usual at least, and how much more one may have than the others."""
KNOWN_DAYS = 5
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
    yield from _far_more_than_usual(day, ctx)


def _far_more_than_usual(day: Day, ctx: Context) -> Iterator[Signal]:
    """Whoever stops below the number of one half hour still searches more than they, or their colleagues, ever do."""
    tallies = at_work(ctx.memory, day.date)
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for actor, tally in tallies.items():
        groups[ctx.role(actor)].append(tally.searches)
    for actor, tally in tallies.items():
        if tally.searches < FEWEST:
            continue
        history = [each.searches for each in ctx.memory.days_before(actor, day.date, most=LOOKED_BACK) if each.looks]
        group = groups[ctx.role(actor)]
        of_others = (sum(group) - tally.searches) / max(1, len(group) - 1)
        usual = max(USUAL, of_others, sum(history) / len(history) if history else 0.0)
        chance = poisson_tail(tally.searches, SPREAD * usual)
        if chance < RARE and len(history) >= KNOWN_DAYS:
            shown = tuple(each.access for each in day.seen if _is_search(each.access, actor))
            told: dict[str, str | int] = {"searches": tally.searches, "usual": round(usual)}
            yield Signal(actor, min(10.0, nats(chance) / 2), shown, actor=actor, why=told)


def _is_search(access: Access, actor: str) -> bool:
    return access.actor == actor and access.operation == "search"


def _searches(many: int, *, then_opens: bool) -> tuple[Access, ...]:
    found = []
    for number in range(many):
        found.append(access(number * 1.5, operation="search"))
        if then_opens:
            found.append(access(number * 1.5 + 1, subjects=(person(number),)))
    return tuple(found)


def _days(last: int) -> tuple[Access, ...]:
    """Ten usual days with a search, and one with several, an hour apart."""
    found = []
    for day in range(11):
        for number in range(last if day == 10 else 1):
            found.append(access(day * DAY + number * 60, operation="search"))
            found += [access(day * DAY + number * 60 + 5 * each, subjects=(person(each),)) for each in range(1, 4)]
    return tuple(found)


DETECTION = Detection(
    id=ID,
    version=2,
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
        Case("nine in a day, by somebody who has one", True, _days(9)),
        Case("two in a day, by somebody who has one", False, _days(2)),
        Case("five searches", False, _searches(5, then_opens=False)),
    ),
)
