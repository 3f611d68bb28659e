"""Who did something."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

_is_digest = re.compile(r"[0-9a-f]{64}").fullmatch
_is_commit = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}").fullmatch
KINDS = frozenset({"operator", "client", "subject", "system", "anonymous"})
_IDENTIFIED = frozenset({"operator", "client", "subject"})


@dataclass(frozen=True, slots=True)
class Build:
    """Which program an actor runs, as somebody else than that program vouched.

    Args:
        digest: SHA-256 of the artifact that runs, as 64 hexadecimal digits; None for a job of the CI itself.
        commit: the source it was built from; None where nobody registered a build of this digest.
        id: the registered build under which it was let in.
    """

    digest: str | None = None
    commit: str | None = None
    id: UUID | None = None

    def __post_init__(self) -> None:
        if self.digest is None and self.commit is None:
            raise ValueError("a build has a digest or a commit")
        if self.digest is not None and not _is_digest(self.digest):
            raise ValueError("a digest is 64 lower-case hexadecimal digits")
        if self.commit is not None and not _is_commit(self.commit):
            raise ValueError("a commit is 40 or 64 lower-case hexadecimal digits")

    @property
    def told(self) -> dict[str, Any]:
        """What the book says of it."""
        return {"digest": self.digest, "commit": self.commit, "id": self.id}


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor with the id it is known by, None for the system's own jobs and for whoever did not authenticate.

    For a subject the id is the UUID form of its fingerprint handle, never the subject's own id: the link between an
    entry and a person has to vanish with the handle when the person is erased.
    """

    kind: str
    id: UUID | None = None
    build: Build | None = None
    via: tuple[UUID, ...] = ()
    """The clients that called this one, the nearest first, where one acts through another."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of actor; known are {', '.join(sorted(KINDS))}")
        if self.id is None and self.kind in _IDENTIFIED:
            raise ValueError(f"an actor of kind {self.kind} needs an id")
        if self.id is not None and self.kind == "anonymous":
            raise ValueError("an anonymous actor has no id")

    @property
    def told(self) -> dict[str, Any]:
        """What the book says of it; the build and the callers behind it only where there are any."""
        who: dict[str, Any] = {"kind": self.kind, "id": self.id}
        if self.via:
            who["via"] = [*self.via]
        return who if self.build is None else {"build": self.build.told, **who}


SYSTEM = Actor("system")
"""Sealbook's own jobs and commands."""

ANONYMOUS = Actor("anonymous")
"""Somebody at the door who could not be authenticated."""
