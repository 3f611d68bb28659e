"""Callers: who is asking, in which environment."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from audit.actors import SYSTEM as SYSTEM_ACTOR
from audit.actors import Actor
from governance.provenance.workload import Workload

CLIENT = "client"
OPERATOR = "operator"
SYSTEM = "system"
"""Management commands, run by whoever holds the machine: they may configure, never read values."""


@dataclass(frozen=True, slots=True)
class Delegated:
    """That a client calls for somebody who handed on their temporary access to it.

    Args:
        id: the delegation, which says what was handed on.
        client: the client that calls, with the program that was vouched for when it took the token.
        key: thumbprint of the key whose holder is calling.
    """

    id: UUID
    client: Caller
    key: str


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated client or operator in one environment.

    `id` is the client's public id or the operator's account id; rights are looked up by `account_id` and `group_ids`.
    It says who is calling, never what they may do: that is decided at every call.
    """

    kind: str
    id: UUID
    account_id: UUID
    environment_id: UUID
    name: str
    group_ids: frozenset[int] = frozenset()
    workload: Workload | None = None
    """Which program calls, where somebody else than that program vouched for it."""
    via: tuple[UUID, ...] = ()
    """The clients on whose behalf a client was invoked, the nearest first; each has to be allowed to, at every call."""
    delegated: Delegated | None = None
    """The client that calls in this caller's name; only what was handed on to it is open to it."""

    @property
    def actor(self) -> Actor:
        """How this caller appears in the book; a management command as the system's own, which has no id."""
        if self.kind == SYSTEM:
            return SYSTEM_ACTOR
        if self.delegated is not None:
            client = self.delegated.client.actor
            return Actor(self.kind, self.id, client.build, (self.delegated.client.id, *client.via))
        return Actor(self.kind, self.id, self.workload.build if self.workload is not None else None, self.via)

    # Django and DRF ask these of whoever made a request.
    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def is_active(self) -> bool:
        return True

    @property
    def pk(self) -> UUID:
        return self.id


def system_caller(environment_id: UUID) -> Caller:
    """The caller of a management command in one environment."""
    nobody = UUID(int=0)
    return Caller(kind=SYSTEM, id=nobody, account_id=nobody, environment_id=environment_id, name="management command")
