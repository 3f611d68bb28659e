"""D34: somebody makes the analysis look away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from audit.analysis.accesses import Access
from audit.analysis.cases import access
from audit.analysis.rule import Case, Context, Detection, Seen, Signal

ID = "D34"
"""It runs wherever the analysis runs: whoever could switch it off first could switch off all others unseen."""
FAR = 2
"""So many times the rule's own threshold."""


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:  # noqa: ARG001  the access says it all
    access = seen.access
    if access.outcome != "done":
        return
    change, nats = _change(access.facts) if access.kind == "detection.set" else _beside(access)
    if change:
        rule_id = str(access.facts.get("detection") or "")
        # Each change is a finding of its own: one that was decided must not take the next one in.
        key = f"{rule_id}:{access.index}"
        yield Signal(key, nats, (access,), actor=access.actor, why={"rule": rule_id, "change": change})


def _change(said: Mapping[str, Any]) -> tuple[str, float]:
    """Return what makes the rule see less, and how strong that is; small steps are changes as well."""
    if not said.get("enabled", True):
        return "disabled", 7.0
    now, before = int(said.get("threshold") or 1), int(said.get("former_threshold") or 1)
    if now > before:
        is_far = now > FAR * int(said.get("own_threshold") or before)
        return "threshold raised", 6.0 if is_far else 5.0
    return ("parameters changed", 5.0) if said.get("parameters") else ("", 0.0)


def _beside(access: Access) -> tuple[str, float]:
    """Return what somebody changes of that by which rules tell what is explained and who is watched."""
    said = access.facts
    match access.kind:
        case "mark.lifted":
            return "a person is watched no more", 6.0
        case "job.registered":
            return "a client's work counts as explained", 4.0
        case "finding.work_expected" if said.get("scope") == "actor":
            return "all work of somebody counts as expected", 5.0
        case "staff.taken_in" if access.actor_kind == "operator" and (said.get("changed") or said.get("ended")):
            return "somebody stands otherwise in the staff directory", 4.0
        case "feed.paused" | "feed.retired" | "feed.narrowed":
            return "what others see of the book gets less", 5.0
    return "", 0.0


DETECTION = Detection(
    id=ID,
    version=4,
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
        Case("it is raised by one, the second time", True, (access(operation="configure", kind="detection.set",
            facts={"detection": "D11", "enabled": True, "threshold": 3, "former_threshold": 2, "own_threshold": 1}),)),
        Case("it is lowered", False, (access(operation="configure", kind="detection.set",
            facts={"detection": "D11", "enabled": True, "threshold": 2, "former_threshold": 3, "own_threshold": 1}),)),
        Case("it is enabled", False, (access(operation="configure", kind="detection.set",
            facts={"detection": "D11", "enabled": True}),)),
        Case("a person is watched no more", True, (access(operation="configure", kind="mark.lifted"),)),
        Case("the directory changes by hand", True, (access(operation="configure", kind="staff.taken_in",
            facts={"members": 9, "changed": 1, "ended": 0}),)),
        Case("the directory is pulled every night", False, (access(operation="configure", kind="staff.taken_in",
            actor_kind="system", facts={"members": 9, "changed": 1}),)),
        Case("a feed stands still", True, (access(operation="configure", kind="feed.paused"),)),
        Case("a feed goes on", False, (access(operation="configure", kind="feed.resumed"),)),
    ),
)  # fmt: skip
