"""D38: somebody does far more within an hour than in the hours before, however little the day's total says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.accesses import Access
from audit.analysis.baselines import is_unscheduled_look
from audit.analysis.cases import MONDAY, looks
from audit.analysis.facts import Facts, HourAbove, Job
from audit.analysis.rule import Case, Context, Day, Detection, Parameter, Signal

ID = "D38"
LEAST = Parameter("least", 30, 5, 100_000, "accesses within one hour")
TIMES = Parameter("times", 3.0, 1.5, 50.0, "times what is usual in an hour")
MOST_NATS = 4.5
"""By itself such an hour waits: it may be a busy one. It counts once there is something else against somebody."""
HOUR = timedelta(hours=1)


def batch(day: Day, ctx: Context) -> Iterator[Signal]:
    least, times = ctx.value(ID, LEAST), ctx.value(ID, TIMES)
    for each in ctx.facts.hours:
        shown = tuple(
            seen.access
            for seen in day.seen
            if seen.access.actor == each.actor
            and each.hour <= seen.access.at < each.hour + HOUR
            and is_unscheduled_look(seen)
        )
        # What the counts hold beside looks, or a job did as registered, makes no hour unusual.
        if len(shown) >= least and len(shown) > times * each.usual:
            told: dict[str, str | int] = {"accesses": len(shown), "usual": round(each.usual), "hour": each.hour.hour}
            yield Signal(each.actor, min(MOST_NATS, 2.0 + each.deviations / 8), shown, actor=each.actor, why=told)


def _above(usual: float) -> Facts:
    hours = [HourAbove("ann", MONDAY, 60, usual, 9.0)]
    return Facts(hours=hours, jobs={"ann": Job("ann", frozenset({"billing"}), frozenset({9}))})


def _sixty(minutes: float = 0, purpose: str = "support") -> tuple[Access, ...]:
    return looks(range(60), minutes=minutes, apart=0.5, purposes=(purpose,))


DETECTION = Detection(
    id=ID,
    version=1,
    title="An hour far above one's own",
    severity="low",
    action="inform",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation"),
    runbook="Ask what the hour's work was, where something else speaks against them as well.",
    batch=batch,
    parameters=(LEAST, TIMES),
    tests=(
        Case("sixty in an hour, by somebody who has ten", True, _sixty(), lambda: _above(10)),
        Case("sixty in an hour, by somebody who has thirty", False, _sixty(), lambda: _above(30)),
        Case("sixty in another hour", False, _sixty(120), lambda: _above(10)),
        Case("a registered job at its hour", False, _sixty(purpose="billing"), lambda: _above(10)),
        Case("nobody had such an hour", False, _sixty()),
    ),
)
