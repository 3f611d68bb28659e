"""D32: something of one environment turns up in another."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from audit.analysis.cases import access, person
from audit.analysis.memory import HOME
from audit.analysis.rule import Case, Context, Detection, Seen, Signal

MANY_FOREIGN = 5
"""Sealed values that do not open here: one may be a mistake of a program."""


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    access = seen.access
    if access.actor_kind == "client":
        home = ctx.memory.get(HOME, access.actor)
        if home is not None and home != str(access.environment_id):
            yield Signal(access.actor, 9.0, (access,), actor=access.actor, why={"crossed": "client"})
    failed = access.facts.get("failed")
    if access.kind in ("seal.unsealed", "seal.resealed") and isinstance(failed, int) and failed >= MANY_FOREIGN:
        told: dict[str, str | int] = {"crossed": "sealed values", "failed": failed}
        yield Signal(f"{access.actor}:sealed", 6.0, (access,), actor=access.actor, why=told)


DETECTION = Detection(
    id="D32",
    version=1,
    title="Out of another environment",
    severity="critical",
    action="contain",
    dedup_minutes=24 * 60,
    needs=("actor", "actor_kind", "environment_id", "kind", "facts"),
    runbook="Find out how it came here: a copied row does not open, which shows that somebody copied.",
    rule=rule,
    tests=(
        Case(
            "a client in two environments",
            True,
            (
                access(actor_kind="client", subjects=(person(1),)),
                access(1, actor_kind="client", subjects=(person(1),), environment_id=UUID(int=2)),
            ),
        ),
        Case("rows that were copied", True, (access(kind="seal.unsealed", facts={"values": 40, "failed": 40}),)),
        Case("one value that does not open", False, (access(kind="seal.unsealed", facts={"values": 40, "failed": 1}),)),
        Case(
            "a client in its environment",
            False,
            tuple(access(each, actor_kind="client", subjects=(person(1),)) for each in range(3)),
        ),
    ),
)
