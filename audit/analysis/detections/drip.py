"""D11: a few unexplained accesses a day, day after day."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.accesses import Access
from audit.analysis.baselines import UNKNOWN_SHARE, at_work, expected_shares
from audit.analysis.cases import DAY, looks, person
from audit.analysis.facts import Facts, Staff, Ticket
from audit.analysis.memory import Tally
from audit.analysis.rule import Case, Context, Day, Detection, Parameter, Signal
from audit.analysis.statistics import cusum

SLACK = 0.5
ID = "D11"
RAISED = Parameter("raised", 6.0, 2.0, 100.0, "deviations that have added up over the days")
DAYS = 30
LEAST = 5
LEAST_DAYS = 3


def batch(day: Day, ctx: Context) -> Iterator[Signal]:
    if ctx.facts.is_ticket_source_silent:
        return
    shares = expected_shares(ctx, day.date)
    for actor, tally in at_work(ctx.memory, day.date).items():
        if not tally.unexplained:
            continue
        share = shares.get(ctx.role(actor), UNKNOWN_SHARE)
        history = _since_joining(ctx, actor, day)
        days = [each for each in [*history, tally] if each.looks]
        # In deviations of a Poisson count, so that who has more work may also have more that is left over.
        raised = cusum(
            ((each.unexplained - share * each.looks) / max(1.0, math.sqrt(share * each.looks)) for each in days),
            slack=SLACK,
        )
        unexplained = [each.unexplained for each in days if each.unexplained]
        if raised > ctx.value(ID, RAISED) and sum(unexplained) >= LEAST and len(unexplained) >= LEAST_DAYS:
            shown = tuple(each.access for each in day.seen if each.access.actor == actor and not each.is_explained)
            yield Signal(actor, min(15.0, raised / 2), shown, actor=actor, why={"raised": round(raised)})


def _since_joining(ctx: Context, actor: str, day: Day) -> list[Tally]:
    history = ctx.memory.days_before(actor, day.date, most=DAYS)
    staff = ctx.facts.staff.get(actor)
    if staff and staff.joined_at:
        worked = (day.date - staff.joined_at.date()) // timedelta(days=1)
        return history[-worked:] if 0 < worked < len(history) else history if worked > 0 else []
    return history


def _days(extra: int) -> tuple[Access, ...]:
    found: list[Access] = []
    for day in range(12):
        for number in range(10):
            found += looks(range(20), actor=f"agent{number}", minutes=day * DAY, apart=0.1)
        found += looks(range(20), minutes=day * DAY, apart=0.1)
        found += looks(range(100 + day * 10, 100 + day * 10 + extra), minutes=day * DAY + 60)
    return tuple(sorted(found, key=lambda each: each.at))


def _desk() -> Facts:
    agents = ("ann", *(f"agent{each}" for each in range(10)))
    return Facts(
        staff={who: Staff(who, role="agent", team="desk") for who in agents},
        tickets={f"t{each}": Ticket(f"t{each}", person(each), queue="desk") for each in range(20)},
    )


DETECTION = Detection(
    id=ID,
    version=1,
    title="A slow drip of unexplained accesses",
    severity="high",
    action="review",
    dedup_minutes=7 * DAY,
    needs=("at", "actor", "operation", "subjects"),
    runbook="Look at all of the unexplained accesses of the last weeks together: what do the people have in common?",
    batch=batch,
    parameters=(RAISED,),
    tests=(
        Case("three more every day", True, _days(3), _desk),
        Case("many on one day alone", False, looks(range(100, 130)), _desk),
        Case("none more", False, _days(0), _desk),
    ),
)
