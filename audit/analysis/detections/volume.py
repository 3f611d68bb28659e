"""D9: somebody looks at far more people than they ever do on such a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from audit.analysis.accesses import Access
from audit.analysis.baselines import LOOKED_BACK, at_work, is_unscheduled_look
from audit.analysis.cases import DAY, access, looks, person
from audit.analysis.facts import Facts, Job
from audit.analysis.rule import Case, Context, Day, Detection, Parameter, Signal
from audit.analysis.statistics import robust_z

ID = "D9"
FAR = Parameter("far", 5.0, 2.0, 50.0, "deviations above what is usual")
TIMES = Parameter("times", 3.0, 1.5, 50.0, "times what is usual")
LEAST = Parameter("least", 40, 5, 100_000, "people on one day")
KNOWN_DAYS = 5
SMALLEST_TEAM = 4


def batch(day: Day, ctx: Context) -> Iterator[Signal]:
    far, times, least = (ctx.value(ID, each) for each in (FAR, TIMES, LEAST))
    for actor, tally in at_work(ctx.memory, day.date).items():
        people = tally.unscheduled
        if people <= least:
            continue
        usual = _such_days(ctx, actor, day)
        z = robust_z(people, usual, least_deviation=2.0)
        if len(usual) < KNOWN_DAYS or z <= far or people <= times * median(usual):
            continue
        # A campaign is nobody's own: what the whole team has more of today is taken off first.
        if people > times * median(usual) * _busy(ctx, actor, day):
            shown = tuple(each.access for each in day.seen if each.access.actor == actor and is_unscheduled_look(each))
            told: dict[str, str | int] = {"people": people, "usual": int(median(usual))}
            yield Signal(actor, min(20.0, 3.0 + z / 4), shown, actor=actor, why=told)


def _busy(ctx: Context, actor: str, day: Day) -> float:
    """Return how many times as much as usual the team of somebody has to do on a day, at least 1."""
    team = ctx.facts.team(actor)
    ratios = []
    for other, tally in at_work(ctx.memory, day.date).items():
        if team and other != actor and ctx.facts.team(other) == team:
            usual = _such_days(ctx, other, day)
            if len(usual) >= KNOWN_DAYS and median(usual):
                ratios.append(tally.unscheduled / median(usual))
    return max(1.0, median(ratios)) if len(ratios) >= SMALLEST_TEAM else 1.0


def _such_days(ctx: Context, actor: str, day: Day) -> list[int]:
    """Return how many people it were on earlier days, those of the weekend apart from the others."""
    history = ctx.memory.days_before(actor, day.date, most=LOOKED_BACK)
    is_weekend = day.date.weekday() >= 5
    dated = [(day.date - timedelta(days=len(history) - place), tally) for place, tally in enumerate(history)]
    # Days on leave say nothing of how much somebody does on a day of work.
    return [tally.unscheduled for each, tally in dated if tally.looks and (each.weekday() >= 5) == is_weekend]


def _month(last: int) -> tuple[Access, ...]:
    usual = [each for day in range(25) for each in looks(range(20), minutes=day * DAY)]
    return (*usual, *looks(range(last), minutes=25 * DAY))


def _nightly(last: int, *, hour: int) -> tuple[Access, ...]:
    """A program that looks at two hundred at nine each day, and on the last one at so many more at an hour."""
    batch = tuple(map(person, range(200)))
    usual = [access(day * DAY, actor="letters", subjects=batch, purposes=("billing",)) for day in range(26)]
    taken = range(1000, 1000 + last)
    return (
        *usual,
        *looks(taken, actor="letters", minutes=25 * DAY + (hour - 9) * 60, apart=0.1, purposes=("billing",)),
    )


def _letters() -> Facts:
    return Facts(jobs={"letters": Job("letters", frozenset({"billing"}), frozenset({9}))})


DETECTION = Detection(
    id=ID,
    version=2,
    title="Far more people than usual",
    severity="high",
    action="review",
    dedup_minutes=DAY,
    needs=("at", "actor", "operation", "subjects"),
    runbook="Ask what the day's work was. Suspend the access meanwhile where it goes on.",
    batch=batch,
    parameters=(FAR, TIMES, LEAST),
    tests=(
        Case("two hundred and fifty after twenty a day", True, _month(250)),
        Case("thirty after twenty a day", False, _month(30)),
        Case("two hundred and fifty on the first day", False, looks(range(250))),
        Case("a registered job takes two hundred and fifty more, at noon", True, _nightly(250, hour=12), _letters),
        Case("a registered job takes two hundred and fifty more, at its hour", False, _nightly(250, hour=9), _letters),
    ),
)
