"""How what dataflows keep looks in the picture of an environment's configuration."""

from __future__ import annotations

from dataflow.models import HubItem
from governance.drafts.drawings import Drawing

DRAWINGS = (
    Drawing(
        HubItem,
        left_out=frozenset({"files", "published_by", "published_at", "withdrawn_by"}),
        marked=frozenset({"withdrawn_at"}),
    ),
)
"""The digest stands for the files."""
