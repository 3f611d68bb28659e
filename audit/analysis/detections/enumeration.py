"""D12: somebody walks through people in the order in which they were stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from audit.analysis.accesses import Access
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
        if access.looks and len(access.subjects) == 1 and access.actor not in ctx.facts.jobs:
            subject = access.subjects[0]
            ordinal = ctx.facts.ordinals.get(subject) or ctx.memory.get(ORDINAL, subject)
            if ordinal is not None:
                walks[access.actor].append((ordinal, access))
    for actor, steps in walks.items():
        run = longest_run([ordinal for ordinal, _ in steps])
        if run >= ctx.value(ID, RUN):
            yield Signal(actor, 10.0, tuple(access for _, access in steps), actor=actor, why={"run": run})


def _numbered() -> Facts:
    return Facts(ordinals={person(each): each for each in range(1000)}, jobs={"repair": Job("repair")})


DETECTION = Detection(
    id=ID,
    version=1,
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
        Case("a registered job", False, looks(range(100), actor="repair"), _numbered),
    ),
)
