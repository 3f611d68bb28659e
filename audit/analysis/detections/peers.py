"""D10: somebody looks at several times as many people as those who do the same work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from audit.analysis.accesses import Access
from audit.analysis.baselines import at_work
from audit.analysis.cases import looks
from audit.analysis.facts import Facts, Staff
from audit.analysis.rule import Case, Context, Day, Detection, Parameter, Signal
from audit.analysis.statistics import percentile

ID = "D10"
TIMES = Parameter("times", 3.0, 1.5, 50.0, "times as many as nineteen of twenty colleagues")
LEAST = Parameter("least", 40, 5, 100_000, "people on one day")
SMALLEST_GROUP = 8


def batch(day: Day, ctx: Context) -> Iterator[Signal]:
    times, least = ctx.value(ID, TIMES), ctx.value(ID, LEAST)
    groups: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for actor, tally in at_work(ctx.memory, day.date).items():
        role = ctx.role(actor)
        if role:
            groups[role][actor] = tally.unscheduled
    for group in groups.values():
        if len(group) < SMALLEST_GROUP:
            continue
        for actor, people in group.items():
            others = percentile([many for who, many in group.items() if who != actor], 0.95)
            if people > least and people > times * others:
                shown = tuple(each.access for each in day.seen if each.access.actor == actor and each.access.looks)
                yield Signal(actor, 5.0, shown, actor=actor, why={"people": people, "others": int(others)})


def _team(size: int, most: int) -> tuple[Access, ...]:
    usual = [each for number in range(size - 1) for each in looks(range(15), actor=f"agent{number}")]
    return (*usual, *looks(range(most), actor="ann"))


def _agents() -> Facts:
    return Facts(staff={who: Staff(who, role="agent") for who in ("ann", *(f"agent{each}" for each in range(9)))})


DETECTION = Detection(
    id=ID,
    version=1,
    title="Several times as many people as colleagues",
    severity="medium",
    action="review",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation", "subjects"),
    runbook="Ask what the work was. Where it is another work than the group's, correct the role in the directory.",
    batch=batch,
    parameters=(TIMES, LEAST),
    tests=(
        Case("one of ten at four times the others", True, _team(10, 60), _agents),
        Case("one of ten at twice the others", False, _team(10, 30), _agents),
        Case("one of four, which is too small a group", False, _team(4, 60), _agents),
    ),
)
