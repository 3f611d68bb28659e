"""Events that only these tests know, and who causes them."""

from __future__ import annotations

from uuid import UUID

from audit.actors import Actor
from audit.events import event

HAPPENED = event("example.happened", "subjects", "count", "names", "note", "when", "nested")
OTHER = event("example.other", "count")

ENVIRONMENT = UUID("6d0c6f2e-9a39-4f9e-8f61-0d5be1f6a001")
ELSEWHERE = UUID("6d0c6f2e-9a39-4f9e-8f61-0d5be1f6a002")
SERVICE = Actor("client", UUID("6d0c6f2e-9a39-4f9e-8f61-0d5be1f6c001"))
OFFICER = Actor("operator", UUID("6d0c6f2e-9a39-4f9e-8f61-0d5be1f6c002"))
HANDLE = "0123456789abcdef0123456789abcdef"
