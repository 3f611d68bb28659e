"""D37: somebody comes back to the same person on several days, and nothing ever explains it."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.accesses import LOOKS, Access
from audit.analysis.cases import DAY, access, person
from audit.analysis.facts import Facts, Ticket
from audit.analysis.memory import AGAIN
from audit.analysis.rule import Case, Context, Detection, Parameter, Seen, Signal

ID = "D37"
TIMES = Parameter("days", 3, 2, 30, "days within two months on which nothing explains a look at the same person")
DAYS = 60
MOST_PEOPLE = 20
"""Of a list of more nobody is followed."""


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    access = seen.access
    if len(access.subjects) > MOST_PEOPLE:
        return
    today = access.at.date().toordinal()
    for subject in seen.unexplained:
        key = f"{access.actor}:{subject}"
        known: list[int] = [day for day in ctx.memory.get(AGAIN, key) or () if today - day <= DAYS]
        if today not in known:
            known = [*known, today][-20:]
            ctx.memory.keep(AGAIN, key, known)
        if len(known) >= ctx.value(ID, TIMES):
            weight = min(12.0, 2.0 * len(known))
            yield Signal(key, weight, (access,), actor=access.actor, subject=subject, why={"days": len(known)})


def _each(*days: float) -> tuple[Access, ...]:
    return tuple(access(day * DAY, subjects=(person(1),)) for day in days)


def _case() -> Facts:
    return Facts(tickets={"t": Ticket("t", person(1), "ann")})


DETECTION = Detection(
    id=ID,
    version=1,
    title="The same person again and again",
    severity="high",
    action="review",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation", "subjects"),
    runbook="Ask what leads them to this person. Somebody close to them, or somebody they cannot let go of?",
    operations=LOOKS,
    only_unexplained=True,
    rule=rule,
    parameters=(TIMES,),
    tests=(
        Case("each week for a month", True, _each(0, 7, 14, 21)),
        Case("several times on one day", False, _each(0, 0.1, 0.2, 0.3)),
        Case("three times in a year", False, _each(0, 120, 240)),
        Case("it is their case", False, _each(0, 7, 14, 21), _case),
    ),
)
