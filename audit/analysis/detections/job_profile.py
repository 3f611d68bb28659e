"""D30: a registered job leaves its purposes, its hours, or the columns that it always shows."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.accesses import LOOKS, Access
from audit.analysis.cases import DAY, access, person
from audit.analysis.facts import Facts, Job
from audit.analysis.memory import COLUMN
from audit.analysis.rule import Case, Context, Detection, Seen, Signal

LEARNT_DAYS = 14
"""Days after which what a job shows is taken to be all that it needs."""


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    access = seen.access
    job = ctx.facts.jobs.get(access.actor)
    if job is None or not access.looks:
        return
    if not job.purposes.issuperset(access.purposes):
        yield Signal(f"{job.actor}:purpose", 6.0, (access,), actor=job.actor, why={"deviates": "purpose"})
    new = [column for column in access.columns if not ctx.memory.get(COLUMN, f"{job.actor}:{column}")]
    if new and ctx.memory.days_before(job.actor, access.at.date(), most=LEARNT_DAYS + 1)[LEARNT_DAYS:]:
        yield Signal(f"{job.actor}:{new[0]}", 7.0, (access,), actor=job.actor, why={"deviates": "column"})
    if job.hours and access.at.hour not in job.hours:
        yield Signal(f"{job.actor}:hour", 4.0, (access,), actor=job.actor, why={"deviates": "hour"})


def _nights(many: int) -> tuple[Access, ...]:
    return tuple(
        access(DAY * night, actor="letters", subjects=(person(1),), purposes=("billing",), columns=("street",))
        for night in range(many)
    )


def _nightly() -> Facts:
    return Facts(jobs={"letters": Job("letters", frozenset({"billing"}), frozenset({9}))})


DETECTION = Detection(
    id="D30",
    version=1,
    title="A job leaves its profile",
    severity="high",
    action="review",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation", "purposes"),
    runbook="Was there a release? Compare the build with the last one; freeze the client where nobody knows.",
    operations=LOOKS,
    rule=rule,
    tests=(
        Case("another purpose", True,
            (access(actor="letters", subjects=(person(1),), purposes=("marketing",)),), _nightly),
        Case("another hour", True,
            (access(300, actor="letters", subjects=(person(1),), purposes=("billing",)),), _nightly),
        Case("a column that it never needed", True, (*_nights(20), access(DAY * 20,
            actor="letters", subjects=(person(1),), purposes=("billing",), columns=("street", "iban"))), _nightly),
        Case("a column on its first day", False, (access(
            actor="letters", subjects=(person(1),), purposes=("billing",), columns=("street", "iban")),), _nightly),
        Case("as registered", False,
            (access(actor="letters", subjects=(person(1),), purposes=("billing",)),), _nightly),
    ),
)  # fmt: skip
