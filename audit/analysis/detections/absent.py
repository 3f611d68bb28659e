"""D18: somebody acts who is on leave, has left, or has not begun yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.cases import MONDAY, access, person
from audit.analysis.facts import Facts, Staff
from audit.analysis.rule import Case, Context, Detection, Seen, Signal


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    access = seen.access
    staff = ctx.facts.staff.get(access.actor)
    if staff is None or access.outcome != "done":
        return
    if staff.has_left(access.at):
        yield Signal(f"{staff.actor}:left", 12.0, (access,), actor=staff.actor, why={"state": "left"})
    elif staff.is_away(access.at) and access.looks:
        yield Signal(f"{staff.actor}:leave", 5.0, (access,), actor=staff.actor, why={"state": "on leave"})
    elif staff.joined_at is not None and access.at < staff.joined_at:
        yield Signal(f"{staff.actor}:before", 6.0, (access,), actor=staff.actor, why={"state": "has not begun"})


def _people() -> Facts:
    away = ((MONDAY - timedelta(days=1), MONDAY + timedelta(days=7)),)
    return Facts(
        staff={
            "leaver": Staff("leaver", left_at=MONDAY - timedelta(days=1)),
            "leaves": Staff("leaves", left_at=MONDAY + timedelta(days=1)),
            "away": Staff("away", on_leave=away),
        }
    )


DETECTION = Detection(
    id="D18",
    version=1,
    title="At work on leave or after the end",
    severity="critical",
    action="contain",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation", "outcome"),
    runbook="Disable the account of who has left. For leave, ask the manager: dates may be wrong.",
    rule=rule,
    tests=(
        Case("a day after the end", True, (access(actor="leaver", subjects=(person(1),)),), _people),
        Case("on leave", True, (access(actor="away", subjects=(person(1),)),), _people),
        Case("a day before the end", False, (access(actor="leaves", subjects=(person(1),)),), _people),
        Case("refused after the end", False, (access(actor="leaver", outcome="refused"),), _people),
    ),
)
