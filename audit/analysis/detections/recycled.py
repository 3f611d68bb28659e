"""D23: the same justification over and over, or one ticket for many people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.accesses import Access
from audit.analysis.cases import DAY, access
from audit.analysis.memory import SAID, seconds
from audit.analysis.rule import Case, Context, Detection, Seen, Signal
from audit.analysis.statistics import resemblance

ALIKE = 0.9
TIMES = 3
WEEK = int(timedelta(days=7).total_seconds())
REMEMBERED = 20


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    access = seen.access
    if access.outcome != "done":
        return
    sketch = list(access.facts.get("sketch") or ())
    now = seconds(access.at)
    earlier = [each for each in ctx.memory.get(SAID, access.actor) or () if now - each[0] <= WEEK]
    said = str(access.facts.get("request") or access.entry_id)
    ctx.memory.note(SAID, access.actor, [now, said, access.ticket, sketch], most=REMEMBERED)
    alike = 1 + sum(resemblance(sketch, each[3]) >= ALIKE for each in earlier if each[1] != said)
    same_ticket = 1 + sum(each[2] == access.ticket for each in earlier if each[1] != said) if access.ticket else 0
    if alike > TIMES:
        yield Signal(f"{access.actor}:text", 5.0, (access,), actor=access.actor, why={"alike": alike})
    if same_ticket > TIMES:
        yield Signal(f"{access.actor}:{access.ticket}", 5.0, (access,), actor=access.actor, why={"times": same_ticket})


def _requests(*sketches: tuple[int, ...], ticket: bool = False) -> tuple[Access, ...]:
    return tuple(
        access(
            place * DAY / 2,
            operation="request",
            ticket="t" if ticket else "",
            facts={"request": f"r{place}", "sketch": sketch},
        )
        for place, sketch in enumerate(sketches)
    )


_SAME = tuple(range(32))

DETECTION = Detection(
    id="D23",
    version=1,
    title="A justification used over and over",
    severity="medium",
    action="review",
    dedup_minutes=7 * DAY,
    needs=("at", "actor", "operation", "ticket", "facts"),
    runbook="Read the justifications beside each other; ask approvers why they were enough.",
    operations=frozenset({"request", "declare"}),
    rule=rule,
    tests=(
        Case("the same text four times", True, _requests(_SAME, _SAME, _SAME, _SAME)),
        Case("the same ticket four times", True, _requests((1,), (2,), (3,), (4,), ticket=True)),
        Case("other texts", False, _requests(*(tuple(range(each * 40, each * 40 + 32)) for each in range(6)))),
        Case("the same text twice", False, _requests(_SAME, _SAME)),
    ),
)
