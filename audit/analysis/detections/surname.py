"""D3: somebody looks at a person who has their own, rare surname."""

from __future__ import annotations

import math
from collections.abc import Iterator

from audit.analysis.accesses import LOOKS
from audit.analysis.cases import access, person
from audit.analysis.facts import Facts, Staff
from audit.analysis.rule import Case, Context, Detection, Seen, Signal

RARE = 20
"""Holders of the surname."""


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    actor = seen.access.actor
    staff = ctx.facts.staff.get(actor)
    for subject in seen.unexplained if staff else ():
        holders = staff.namesakes.get(subject, 0) if staff else 0
        if 0 < holders <= RARE:
            weight = 4.0 + math.log(RARE / holders)
            yield Signal(
                f"{actor}:{subject}", weight, (seen.access,), actor=actor, subject=subject, why={"holders": holders}
            )


def _names() -> Facts:
    return Facts(staff={"ann": Staff("ann", namesakes={person(1): 3, person(2): 400})})


DETECTION = Detection(
    id="D3",
    version=1,
    title="Somebody of the same rare surname",
    severity="medium",
    action="review",
    dedup_minutes=24 * 60,
    needs=("actor", "operation", "subjects"),
    runbook="Ask whether they are related. A rare name is a lead and proves nothing.",
    operations=LOOKS,
    only_unexplained=True,
    rule=rule,
    tests=(
        Case("a rare name", True, (access(subjects=(person(1),)),), _names),
        Case("a common name", False, (access(subjects=(person(2),)),), _names),
        Case("another name", False, (access(subjects=(person(3),)),), _names),
    ),
)
