"""Who did something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

ActorKind = Literal["operator", "client", "subject", "system", "anonymous"]

_KINDS = frozenset(get_args(ActorKind))
_IDENTIFIED = frozenset({"operator", "client", "subject"})


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor with the id it is known by, None for the system's own jobs and for whoever did not authenticate.

    For a subject the id is the UUID form of its fingerprint handle, never the subject's own id: the link between an
    entry and a person has to vanish with the handle when the person is erased.
    """

    kind: ActorKind
    id: UUID | None = None

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"unknown kind of actor; known are {', '.join(sorted(_KINDS))}")
        if (self.kind in _IDENTIFIED) is (self.id is None) and self.kind != "system":
            raise ValueError(f"an actor of kind {self.kind} {'needs an' if self.id is None else 'has no'} id")


SYSTEM = Actor("system")
"""Sealbook's own jobs and commands."""

ANONYMOUS = Actor("anonymous")
"""Somebody at the door who could not be authenticated."""
