"""D12: somebody walks through people in the order in which they were stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from audit.analysis.accesses import Access
from audit.analysis.baselines import is_unscheduled_look
from audit.analysis.cases import looks, person
from audit.analysis.facts import Facts, Job
from audit.analysis.memory import ORDINAL
from audit.analysis.rule import Case, Context, Day, Detection, Parameter, Signal
from audit.analysis.statistics import longest_run

ID = "D12"
RUN = Parameter("run", 15, 5, 10_000, "people in the order in which they were stored, one after the other")


def batch(day: Day, ctx: Context) -> Iterator[Signal]:
    walks: defaultdict[str, list[tuple[int, Access]]] = defaultdict(list)
    for each in day.seen:
        access = each.access
        if is_unscheduled_look(each) and len(access.subjects) == 1:
            subject = access.subjects[0]
            ordinal = ctx.facts.ordinals.get(subject) or ctx.memory.get(ORDINAL, subject)
            if ordinal is not None:
                walks[access.actor].append((ordinal, access))
    for actor, steps in walks.items():
        run = longest_run([ordinal for ordinal, _ in steps])
        if run >= ctx.value(ID, RUN):
            yield Signal(actor, 10.0, tuple(access for _, access in steps), actor=actor, why={"run": run})


def _numbered() -> Facts:
    return Facts(
        ordinals={person(each): each for each in range(1000)},
        jobs={"repair": Job("repair", frozenset({"repair"}), frozenset({9, 10}))},
    )


def _repair(hour: int, *purposes: str) -> tuple[Access, ...]:
    return looks(range(100), actor="repair", minutes=(hour - 9) * 60, purposes=purposes)


DETECTION = Detection(
    id=ID,
    version=2,
    title="One person after the other",
    severity="high",
    action="contain",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation", "subjects"),
    runbook="Freeze the client or suspend the grant, then ask what the walk was for. A repair is a registered job.",
    batch=batch,
    parameters=(RUN,),
    tests=(
        Case("a walk through a hundred", True, looks(range(100)), _numbered),
        Case("a walk backwards, each second one", True, looks(range(100, 10, -2)), _numbered),
        Case("people far apart", False, looks(range(0, 1000, 37)), _numbered),
        Case("a registered job", False, _repair(9, "repair"), _numbered),
        Case("a registered job at another hour", True, _repair(15, "repair"), _numbered),
        Case("a registered job for no purpose", True, _repair(9), _numbered),
    ),
)
