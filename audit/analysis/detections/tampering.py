"""D34: somebody makes the analysis look away."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.cases import access
from audit.analysis.rule import Case, Context, Detection, Seen, Signal

RAISED = 2
"""So many times the former threshold."""


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:  # noqa: ARG001  the access says it all
    access = seen.access
    if access.kind != "detection.set" or access.outcome != "done":
        return
    said = access.facts
    before, now = int(said.get("former_threshold") or 1), int(said.get("threshold") or 1)
    rule_id = str(said.get("detection") or "")
    if not said.get("enabled", True):
        yield Signal(rule_id, 7.0, (access,), actor=access.actor, why={"rule": rule_id, "change": "disabled"})
    elif now > RAISED * before:
        yield Signal(rule_id, 6.0, (access,), actor=access.actor, why={"rule": rule_id, "change": "threshold raised"})


DETECTION = Detection(
    id="D34",
    version=1,
    title="The analysis is made to look away",
    severity="critical",
    action="review",
    dedup_minutes=24 * 60,
    needs=("actor", "kind", "outcome", "facts"),
    runbook="Who asked for the change, and what did the rule find last? Enable it, and run it over the gap.",
    operations=frozenset({"configure"}),
    rule=rule,
    tests=(
        Case("D11 is disabled", True, (access(operation="configure", kind="detection.set",
            facts={"detection": "D11", "enabled": False}),)),
        Case("its threshold is tripled", True, (access(operation="configure", kind="detection.set",
            facts={"detection": "D11", "enabled": True, "threshold": 3, "former_threshold": 1}),)),
        Case("it is enabled", False, (access(operation="configure", kind="detection.set",
            facts={"detection": "D11", "enabled": True}),)),
    ),
)  # fmt: skip
