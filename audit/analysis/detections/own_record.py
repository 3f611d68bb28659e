"""D8: somebody opens their own record with the tools of their work."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.accesses import LOOKS
from audit.analysis.cases import access, person
from audit.analysis.facts import Facts, Staff
from audit.analysis.rule import Case, Context, Detection, Seen, Signal


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    staff = ctx.facts.staff.get(seen.access.actor)
    if staff and staff.own and staff.own in seen.access.subjects:
        yield Signal(staff.actor, 1.0, (seen.access,), actor=staff.actor, subject=staff.own)


def _own() -> Facts:
    return Facts(staff={"ann": Staff("ann", own=person(1))})


DETECTION = Detection(
    id="D8",
    version=1,
    title="The own record",
    severity="low",
    action="inform",
    dedup_minutes=7 * 24 * 60,
    needs=("actor", "operation", "subjects"),
    runbook="Tell them how they see their own data as everybody does.",
    operations=LOOKS,
    rule=rule,
    tests=(
        Case("the own record", True, (access(subjects=(person(1),)),), _own),
        Case("another one", False, (access(subjects=(person(2),)),), _own),
    ),
)
