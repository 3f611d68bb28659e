"""Who did something."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

KINDS = frozenset({"operator", "client", "subject", "system", "anonymous"})
_IDENTIFIED = frozenset({"operator", "client", "subject"})


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor with the id it is known by, None for the system's own jobs and for whoever did not authenticate.

    For a subject the id is the UUID form of its fingerprint handle, never the subject's own id: the link between an
    entry and a person has to vanish with the handle when the person is erased.
    """

    kind: str
    id: UUID | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of actor; known are {', '.join(sorted(KINDS))}")
        if self.id is None and self.kind in _IDENTIFIED:
            raise ValueError(f"an actor of kind {self.kind} needs an id")
        if self.id is not None and self.kind == "anonymous":
            raise ValueError("an anonymous actor has no id")


SYSTEM = Actor("system")
"""Sealbook's own jobs and commands."""

ANONYMOUS = Actor("anonymous")
"""Somebody at the door who could not be authenticated."""
