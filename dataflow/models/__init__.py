"""What the database keeps of dataflows."""

from __future__ import annotations

from dataflow.models.deployments import Deployment
from dataflow.models.hub import HubItem
from dataflow.models.letters import LetterLook
from dataflow.models.parted import PartedPerson
from dataflow.models.topics import FlowTopic

__all__ = ["Deployment", "FlowTopic", "HubItem", "LetterLook", "PartedPerson"]
