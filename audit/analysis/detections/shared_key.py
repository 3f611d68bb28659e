"""D20: a token is used by whom it is not bound to, or a grant by two at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.cases import access, person
from audit.analysis.memory import USED, seconds
from audit.analysis.rule import Case, Context, Detection, Seen, Signal

AT_ONCE = int(timedelta(minutes=10).total_seconds())


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    access = seen.access
    if access.kind == "delegation.proof_refused" or access.operation == "proof_refused":
        yield Signal(access.key or access.actor, 8.0, (access,), actor=access.actor, why={"proof": "not theirs"})
    if access.grant and access.looks and not access.key:
        last = ctx.memory.get(USED, access.grant)
        ctx.memory.keep(USED, access.grant, [access.actor, seconds(access.at)])
        if last and last[0] != access.actor and seconds(access.at) - last[1] <= AT_ONCE:
            yield Signal(access.grant, 8.0, (access,), actor=access.actor, why={"proof": "two at once"})


DETECTION = Detection(
    id="D20",
    version=1,
    title="A token or grant in two hands",
    severity="critical",
    action="contain",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation", "grant", "key"),
    runbook="Suspend the grant, end the delegation, and find out who else has the token.",
    rule=rule,
    tests=(
        Case("a token is replayed", True, (access(operation="proof_refused", outcome="refused", key="d"),)),
        Case("two use a grant at once", True, (access(subjects=(person(1),), grant="g"),
            access(1, actor="bob", subjects=(person(1),), grant="g"))),
        Case("the second has it handed on", False, (access(subjects=(person(1),), grant="g"),
            access(1, actor="bob", subjects=(person(1),), grant="g", key="d"))),
        Case("one uses it twice", False, (access(subjects=(person(1),), grant="g"),
            access(1, subjects=(person(1),), grant="g"))),
    ),
)  # fmt: skip
