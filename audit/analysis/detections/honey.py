"""D33: somebody looks at a person who does not exist, and whom no work leads to."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.accesses import LOOKS
from audit.analysis.cases import access, person
from audit.analysis.facts import Facts
from audit.analysis.rule import Case, Context, Detection, Seen, Signal


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    honey = ctx.facts.honey
    access = seen.access
    if honey and access.looks and not honey.isdisjoint(access.subjects):
        touched = next(subject for subject in access.subjects if subject in honey)
        yield Signal(access.actor, 10.0, (access,), actor=access.actor, subject=touched)


def _planted() -> Facts:
    return Facts(honey=frozenset({person(7)}))


DETECTION = Detection(
    id="D33",
    version=1,
    title="A person who does not exist",
    severity="critical",
    action="contain",
    dedup_minutes=24 * 60,
    needs=("actor", "operation", "subjects"),
    runbook="Suspend the access. Nobody has work with this record: it is there to be touched by who takes all.",
    operations=LOOKS,
    rule=rule,
    tests=(
        Case("everybody is exported", True,
            (access(operation="export", subjects=tuple(map(person, range(20)))),), _planted),
        Case("others are looked at", False, (access(subjects=(person(1),)),), _planted),
        Case("the look is refused", False, (access(subjects=(person(7),), outcome="refused"),), _planted),
    ),
)  # fmt: skip
