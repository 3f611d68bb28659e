"""D6: somebody looks at a person whom curiosity is drawn to, and nothing explains it."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.accesses import LOOKS
from audit.analysis.cases import access, person
from audit.analysis.facts import Facts, Ticket
from audit.analysis.rule import Case, Context, Detection, Seen, Signal


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    for subject in seen.unexplained:
        if subject in ctx.facts.flagged:
            actor = seen.access.actor
            yield Signal(f"{actor}:{subject}", 8.0, (seen.access,), actor=actor, subject=subject)


def _celebrity() -> Facts:
    return Facts(flagged=frozenset({person(1)}), tickets={"t": Ticket("t", person(1), "bob")})


DETECTION = Detection(
    id="D6",
    version=1,
    title="A person in the public eye",
    severity="high",
    action="review",
    dedup_minutes=24 * 60,
    needs=("actor", "operation", "subjects"),
    runbook="Ask for the case. Where the press works with such people, mark that team's work as expected.",
    operations=LOOKS,
    only_unexplained=True,
    rule=rule,
    tests=(
        Case("an agent looks a celebrity up", True, (access(subjects=(person(1),)),), _celebrity),
        Case("whose case it is does the same", False, (access(actor="bob", subjects=(person(1),)),), _celebrity),
        Case("an agent looks somebody else up", False, (access(subjects=(person(2),)),), _celebrity),
    ),
)
