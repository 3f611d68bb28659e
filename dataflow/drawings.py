"""How what dataflows keep looks in the picture of an environment's configuration."""

from __future__ import annotations

from dataflow.models import Deployment, FlowTopic, HubItem
from governance.drafts.drawings import Drawing

DRAWINGS = (
    Drawing(
        HubItem,
        left_out=frozenset({"files", "published_by", "published_at", "withdrawn_by"}),
        marked=frozenset({"withdrawn_at"}),
    ),
    Drawing(
        Deployment,
        left_out=frozenset({"name", "decided_by", "decided_at", "state", "trouble", "seen_at", "replays_until"}),
        marked=frozenset({"reading"}),
        related=("item", "client"),
    ),
    Drawing(FlowTopic, left_out=frozenset({"digest", "declared_at"})),
)
"""The digest stands for the files; of a deployment, what is wanted, not what became of it."""
