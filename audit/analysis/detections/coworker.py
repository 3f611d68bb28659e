"""D2: somebody looks at the record of a colleague, and nothing explains it."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.accesses import LOOKS
from audit.analysis.cases import access, person
from audit.analysis.facts import Facts, Staff, Ticket
from audit.analysis.memory import COLLEAGUES
from audit.analysis.rule import Case, Context, Detection, Seen, Signal

DAYS = 60


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    actor = seen.access.actor
    for subject in seen.unexplained:
        colleague = ctx.facts.employee(subject)
        if colleague and colleague != actor:
            team = ctx.facts.team(actor)
            is_near = bool(team) and team == ctx.facts.team(colleague)
            times = _times(seen, ctx)
            # A case of a colleague that nobody wrote down happens; the next one is less likely to be one.
            weight = 9.0 if is_near else min(9.0, 4.0 + 2.0 * (times - 1))
            yield Signal(
                f"{actor}:{subject}", weight, (seen.access,), actor=actor, subject=subject,
                why={"same team": int(is_near), "colleagues": times},
            )  # fmt: skip


def _times(seen: Seen, ctx: Context) -> int:
    """Return on how many days of the last two months somebody had a look at a colleague that nothing explains."""
    today = seen.access.at.date().toordinal()
    known: list[int] = [day for day in ctx.memory.get(COLLEAGUES, seen.access.actor) or () if today - day <= DAYS]
    if today not in known:
        known = [*known, today][-20:]
        ctx.memory.keep(COLLEAGUES, seen.access.actor, known)
    return len(known)


def _desk() -> Facts:
    staff = {
        "ann": Staff("ann", team="desk"),
        "bob": Staff("bob", team="desk", own=person(1)),
        "cid": Staff("cid", team="back", own=person(3)),
    }
    return Facts(staff=staff, tickets={"t": Ticket("t", person(1), "hr")})


DETECTION = Detection(
    id="D2",
    version=2,
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
        Case("an agent opens somebody of another team", True, (access(subjects=(person(3),)),), _desk),
        Case("an agent opens a customer", False, (access(subjects=(person(2),)),), _desk),
    ),
)
