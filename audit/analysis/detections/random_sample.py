"""R0: one of two hundred explained accesses, drawn by lot.

Whoever knows every threshold can stay below it, and nobody can stay below this one; it is also what tells how much the
other rules miss (Blocki and others, Audit Games, 2013).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from audit.analysis.accesses import LOOKS
from audit.analysis.cases import access, person
from audit.analysis.facts import Facts, Ticket
from audit.analysis.rule import Case, Context, Detection, Seen, Signal

ONE_OF = 200


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:  # noqa: ARG001  a lot does not look at anything
    access = seen.access
    # The server draws the last 62 bits of an entry's id, so whoever acts neither chooses nor foresees them.
    if seen.explanations and access.actor_kind == "operator" and access.entry_id.int % ONE_OF == 0:
        yield Signal(str(access.entry_id), 0.5, (access,), actor=access.actor)


def _case() -> Facts:
    return Facts(tickets={"t": Ticket("t", person(1), "ann")})


_LOOK = access(subjects=(person(1),))

DETECTION = Detection(
    id="R0",
    version=1,
    title="Drawn by lot",
    severity="info",
    action="inform",
    dedup_minutes=24 * 60,
    needs=("entry_id", "operation", "subjects"),
    runbook="Look at it as at any other: does the case explain the access?",
    operations=LOOKS,
    rule=rule,
    tests=(
        Case("the lot falls on it", True, (replace(_LOOK, entry_id=UUID(int=ONE_OF * 7)),), _case),
        Case("the lot falls on another", False, (replace(_LOOK, entry_id=UUID(int=ONE_OF * 7 + 1)),), _case),
        Case("nothing explains it anyway", False, (replace(_LOOK, entry_id=UUID(int=ONE_OF * 7)),)),
    ),
)
