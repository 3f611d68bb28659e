"""D31: a program reads that nobody registered, or a launcher refused to vouch for one."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.cases import access, person
from audit.analysis.facts import Facts
from audit.analysis.rule import Case, Context, Detection, Seen, Signal


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    access = seen.access
    if access.kind in ("launch.decided", "ci_job.decided") and access.outcome == "refused":
        yield Signal(access.resource or access.actor, 7.0, (access,), actor=access.actor, why={"build": "refused"})
    elif access.build and ctx.facts.builds and access.build not in ctx.facts.builds and access.outcome == "done":
        yield Signal(f"{access.actor}:{access.build}", 8.0, (access,), actor=access.actor, why={"build": "unknown"})


_GOOD, _BAD = "a" * 64, "b" * 64


def _registered() -> Facts:
    return Facts(builds=frozenset({_GOOD}))


DETECTION = Detection(
    id="D31",
    version=1,
    title="A program that was not reviewed",
    severity="critical",
    action="contain",
    dedup_minutes=24 * 60,
    needs=("actor", "kind", "outcome", "build"),
    runbook="Freeze the client. Which commit is it, who started it, and what has it read?",
    rule=rule,
    tests=(
        Case("an unknown program", True, (access(subjects=(person(1),), build=_BAD),), _registered),
        Case("a launch is refused", True, (access(kind="launch.decided", outcome="refused"),), _registered),
        Case("a registered program", False, (access(subjects=(person(1),), build=_GOOD),), _registered),
        Case("no program is vouched for", False, (access(subjects=(person(1),)),), _registered),
    ),
)
