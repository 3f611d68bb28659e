"""D2: somebody looks at the record of a colleague, and nothing explains it."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.accesses import LOOKS
from audit.analysis.cases import access, person
from audit.analysis.facts import Facts, Staff, Ticket
from audit.analysis.rule import Case, Context, Detection, Seen, Signal


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    actor = seen.access.actor
    for subject in seen.unexplained:
        colleague = ctx.facts.employee(subject)
        if colleague and colleague != actor:
            team = ctx.facts.team(actor)
            is_near = bool(team) and team == ctx.facts.team(colleague)
            yield Signal(
                f"{actor}:{subject}", 9.0 if is_near else 7.0, (seen.access,), actor=actor, subject=subject,
                why={"same team": int(is_near)},
            )  # fmt: skip


def _desk() -> Facts:
    staff = {"ann": Staff("ann", team="desk"), "bob": Staff("bob", team="desk", own=person(1))}
    return Facts(staff=staff, tickets={"t": Ticket("t", person(1), "hr")})


DETECTION = Detection(
    id="D2",
    version=1,
    title="A colleague's record",
    severity="high",
    action="review",
    dedup_minutes=24 * 60,
    needs=("actor", "operation", "subjects"),
    runbook="Ask why the colleague's record was opened; tell the colleague if there was no case.",
    operations=LOOKS,
    only_unexplained=True,
    rule=rule,
    tests=(
        Case("an agent opens a desk neighbour", True, (access(subjects=(person(1),)),), _desk),
        Case("personnel opens the same person with a case", False, (access(actor="hr", subjects=(person(1),)),), _desk),
        Case("an agent opens a customer", False, (access(subjects=(person(2),)),), _desk),
    ),
)
