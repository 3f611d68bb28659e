"""D39: a flow was about to let out what it says that it lets not, and its proof kept it."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.cases import access
from audit.analysis.rule import Case, Context, Detection, Seen, Signal


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:  # noqa: ARG001  the access says it all
    access = seen.access
    if access.kind == "flow.proof_failed":
        said = access.facts
        named = {name: str(said.get(name) or "") for name in ("flow", "service", "sink", "category")}
        yield Signal(":".join(named.values()), 6.0, (access,), actor=access.actor, why=named)


_KEPT = {"flow": "example/fraud", "service": "to-tokens", "sink": "safe", "category": "phone", "records": 3}

DETECTION = Detection(
    id="D39",
    version=1,
    title="A flow lets out what it should not",
    severity="high",
    action="review",
    dedup_minutes=24 * 60,
    needs=("actor", "kind", "facts"),
    runbook="Nothing has left: the records are dead letters of the flow. What was changed before, in it or in what "
    "feeds it? Mend it, then put them back.",
    operations=frozenset({"leak"}),
    rule=rule,
    tests=(
        Case("a sink's proof fails", True, (access(operation="leak", kind="flow.proof_failed", facts=_KEPT),)),
        Case("a flow asks what the store has", False, (access(operation="check", kind="values.sought"),)),
    ),
)
