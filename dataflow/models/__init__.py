"""What the database keeps of dataflows."""

from __future__ import annotations

from dataflow.models.hub import HubItem

__all__ = ["HubItem"]
