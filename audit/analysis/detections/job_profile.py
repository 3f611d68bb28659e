"""D30: a registered job leaves its purposes, its accessors, its hours, or the columns that it always shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from audit.analysis.accesses import LOOKS, Access
from audit.analysis.cases import DAY, access, person
from audit.analysis.facts import Facts, Job
from audit.analysis.memory import COLUMN
from audit.analysis.rule import Case, Context, Detection, Seen, Signal

LEARNT_DAYS = 14
"""Days after which what a job shows is taken to be all that it needs."""
WEIGHTS = {"purpose": 6.0, "accessor": 6.0, "hour": 5.0}


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    access = seen.access
    job = ctx.facts.jobs.get(access.actor)
    if job is None or not access.looks:
        return
    deviation = job.deviation(access)
    if deviation:
        key, why = f"{job.actor}:{deviation}", {"deviates": deviation}
        yield Signal(key, WEIGHTS[deviation], (access,), actor=job.actor, why=why)
    new = [column for column in access.columns if not ctx.memory.get(COLUMN, f"{job.actor}:{column}")]
    if new and ctx.memory.days_before(job.actor, access.at.date(), most=LEARNT_DAYS + 1)[LEARNT_DAYS:]:
        yield Signal(f"{job.actor}:{new[0]}", 7.0, (access,), actor=job.actor, why={"deviates": "column"})


def _runs(minutes: float = 0, **told: Any) -> Access:
    plain = {"actor": "letters", "subjects": (person(1),), "purposes": ("billing",), "resource": "addresses"}
    return access(minutes, **{**plain, **told})


def _nights(many: int) -> tuple[Access, ...]:
    return tuple(_runs(DAY * night, columns=("street",)) for night in range(many))


def _nightly() -> Facts:
    return Facts(jobs={"letters": Job("letters", frozenset({"billing"}), frozenset({9}), frozenset({"addresses"}))})


DETECTION = Detection(
    id="D30",
    version=2,
    title="A job leaves its profile",
    severity="high",
    action="review",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation", "purposes"),
    runbook="Was there a release? Compare the build with the last one; freeze the client where nobody knows.",
    operations=LOOKS,
    rule=rule,
    tests=(
        Case("another purpose", True, (_runs(purposes=("marketing",)),), _nightly),
        Case("no purpose at all", True, (_runs(purposes=()),), _nightly),
        Case("another accessor", True, (_runs(resource="accounts"),), _nightly),
        Case("another hour", True, (_runs(300),), _nightly),
        Case(
            "a column that it never needed", True, (*_nights(20), _runs(DAY * 20, columns=("street", "iban"))), _nightly
        ),
        Case("a column on its first day", False, (_runs(columns=("street", "iban")),), _nightly),
        Case("a minute before its hour", False, (_runs(-1),), _nightly),
        Case("as registered", False, (_runs(),), _nightly),
    ),
)
