"""What holds in one environment at one epoch: clients, rights, freezes, purposes.

Loaded whole (a few hundred rows), kept per process, and thrown away when a statement that reads data reports another
epoch. Every change that could alter a decision raises the epoch in its own transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from governance.errors import NotFound
from governance.models import Client, Environment, Freeze, GroupRight, Purpose, Right
from keyring.walls import in_environment

T = TypeVar("T")
_KEPT_ENVIRONMENTS = 64


@dataclass(frozen=True, slots=True)
class StandingClient:
    """A client as decisions see it."""

    public_id: UUID
    pk: int
    name: str
    kind: str
    account_id: UUID
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class StandingPurpose:
    """A purpose as decisions see it; `number` is what value rows store."""

    public_id: UUID
    number: int
    name: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class StandingRight:
    """One right with its terms. `resource_kind` is the model's name, `object_pk` its surrogate key as text."""

    id: str
    operation: str
    resource_kind: str
    object_pk: str
    not_before: datetime | None
    not_after: datetime | None
    quota_per_hour: int | None
    is_deny: bool


@dataclass(slots=True)
class Standing:
    """The governance facts of one environment at one epoch, and whatever floors above keep beside them."""

    environment_id: UUID
    environment_name: str
    epoch: int
    is_protected: bool
    is_synthetic: bool
    clients: Mapping[UUID, StandingClient]
    purposes: Mapping[UUID, StandingPurpose]
    purposes_by_name: Mapping[str, StandingPurpose]
    purposes_by_number: Mapping[int, StandingPurpose]
    freezes: frozenset[tuple[str, UUID]]
    account_rights: Mapping[UUID, tuple[StandingRight, ...]]
    group_rights: Mapping[int, tuple[StandingRight, ...]]
    parts: dict[Any, Any] = field(default_factory=dict)

    def part(self, key: Any, load: Callable[[], T]) -> T:
        """Return what `load` made for this epoch; a racing second load is harmless, the first one stays."""
        try:
            return cast(T, self.parts[key])
        except KeyError:
            return cast(T, self.parts.setdefault(key, load()))


_standings: dict[UUID, Standing] = {}
_lock = threading.Lock()


def standing_of(environment_id: UUID) -> Standing:
    """Return what is known of an environment, possibly of an older epoch: the data statement tells."""
    found = _standings.get(environment_id)
    return found if found is not None else _load(environment_id)


def fresh_standing_of(environment_id: UUID) -> Standing:
    """Return what holds in an environment now; reads the epoch from the database."""
    known = _standings.get(environment_id)
    if known is not None and epoch_of(environment_id) == known.epoch:
        return known
    return _load(environment_id)


def epoch_of(environment_id: UUID) -> int | None:
    """Return the environment's epoch in the database, None where there is no such environment."""
    return Environment.objects.filter(pk=environment_id).values_list("epoch", flat=True).first()


def forget_standings() -> None:
    """Drop everything this process remembers; the next call reads anew."""
    with _lock:
        _standings.clear()


def _load(environment_id: UUID) -> Standing:
    with in_environment(environment_id):
        # The epoch first: facts newer than it are found out by the next comparison, older ones cannot occur.
        environment = Environment.objects.filter(pk=environment_id).first()
        if environment is None:
            raise NotFound("There is no such environment.")
        rows = list(Purpose.everything.all())
        every = {p.pk: StandingPurpose(p.public_id, p.pk, p.name, p.legal_basis) for p in rows}
        purposes = [every[p.pk] for p in rows if p.retired_at is None]
        loaded = Standing(
            environment_id=environment_id,
            environment_name=environment.name,
            epoch=environment.epoch,
            is_protected=environment.is_protected,
            is_synthetic=environment.is_synthetic,
            clients={
                c.public_id: StandingClient(c.public_id, c.pk, c.name, c.kind, c.account_id, c.disabled_at)
                for c in Client.objects.all()
            },
            purposes={p.public_id: p for p in purposes},
            purposes_by_name={p.name.lower(): p for p in purposes},
            purposes_by_number=every,
            freezes=frozenset(Freeze.objects.filter(lifted_at=None).values_list("kind", "target_id")),
            account_rights=_by_holder(Right, "user_id"),
            group_rights=_by_holder(GroupRight, "group_id"),
        )
    with _lock:
        if len(_standings) >= _KEPT_ENVIRONMENTS:
            _standings.pop(next(iter(_standings)))
        _standings[environment_id] = loaded
    return loaded


def _by_holder(model: type[Right] | type[GroupRight], holder: str) -> dict[Any, tuple[StandingRight, ...]]:
    found: dict[Any, list[StandingRight]] = {}
    prefix = "account" if model is Right else "group"
    for row in model._default_manager.select_related("permission", "content_type"):
        found.setdefault(getattr(row, holder), []).append(
            StandingRight(
                id=f"{prefix}-right-{row.pk}",
                operation=row.permission.codename,
                resource_kind=row.content_type.model,
                object_pk=row.object_pk,
                not_before=row.not_before,
                not_after=row.not_after,
                quota_per_hour=row.quota_per_hour,
                is_deny=row.is_deny,
            )
        )
    return {key: tuple(rights) for key, rights in found.items()}
