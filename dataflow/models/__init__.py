"""What the database keeps of dataflows."""

from __future__ import annotations

from dataflow.models.deployments import Deployment
from dataflow.models.hub import HubItem
from dataflow.models.letters import LetterLook

__all__ = ["Deployment", "HubItem", "LetterLook"]
