"""D4: somebody looks at a person of their own household, and nothing explains it."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.accesses import LOOKS
from audit.analysis.cases import access, person
from audit.analysis.facts import Facts, Staff, Ticket
from audit.analysis.rule import Case, Context, Detection, Seen, Signal


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    actor = seen.access.actor
    staff = ctx.facts.staff.get(actor)
    for subject in seen.unexplained if staff else ():
        if staff and subject in staff.family:
            yield Signal(f"{actor}:{subject}", 9.0, (seen.access,), actor=actor, subject=subject)


def _home() -> Facts:
    staff = {"ann": Staff("ann", family=frozenset({person(1), person(2)}))}
    return Facts(staff=staff, tickets={"t": Ticket("t", person(2), "ann")})


DETECTION = Detection(
    id="D4",
    version=1,
    title="Somebody of the own household",
    severity="high",
    action="review",
    dedup_minutes=24 * 60,
    needs=("actor", "operation", "subjects"),
    runbook="Cases of relatives belong to a colleague. Ask, and have the case handed over.",
    operations=LOOKS,
    only_unexplained=True,
    rule=rule,
    tests=(
        Case("a spouse without a case", True, (access(subjects=(person(1),)),), _home),
        Case("a relative whose case it is", False, (access(subjects=(person(2),)),), _home),
        Case("a customer", False, (access(subjects=(person(3),)),), _home),
    ),
)
