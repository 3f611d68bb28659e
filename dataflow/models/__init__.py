"""What the database keeps of dataflows."""

from __future__ import annotations

from dataflow.models.deployments import Deployment
from dataflow.models.hub import HubItem
from dataflow.models.letters import LetterLook
from dataflow.models.topics import FlowTopic

__all__ = ["Deployment", "FlowTopic", "HubItem", "LetterLook"]
