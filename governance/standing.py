"""What holds in one environment at one epoch: clients, rights, freezes, purposes.

Loaded whole (a few hundred rows), kept per process, and thrown away when a statement that reads data reports another
epoch. Every change that could alter a decision raises the epoch in its own transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db.models import Exists

from governance.breakglass.machines import ACTIVE
from governance.errors import NotFound
from governance.models import (
    Client,
    Environment,
    Freeze,
    Grant,
    GroupRight,
    Purpose,
    RequestedSubject,
    ReservedOperation,
    ReviewedRight,
    Right,
    RightsReviewPlan,
)
from governance.models.rights_reviews import SUSPEND
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
    suspended_from: datetime | None = None
    """When it is suspended unless somebody keeps it: the deadline of a review that waits for a verdict about it."""


@dataclass(frozen=True, slots=True)
class StandingGrant:
    """One activated grant: who may read whom, which columns, through what, for which purpose, and until when."""

    id: UUID
    request_id: UUID
    accessor_id: UUID
    purpose: UUID
    columns: frozenset[UUID]
    subjects: frozenset[UUID]
    not_before: datetime
    not_after: datetime
    is_emergency: bool


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
    grants: Mapping[UUID, tuple[StandingGrant, ...]] = field(default_factory=dict)
    """By the account that holds them."""
    reserved: frozenset[tuple[str, str, str]] = frozenset()
    """What no person has: operation, kind of object, and its surrogate key as text."""
    latest_at: datetime | None = None
    """The latest moment that anybody had seen: a clock that is put back revives no grant."""
    parts: dict[Any, Any] = field(default_factory=dict)

    def part(self, key: Any, load: Callable[[], T]) -> T:
        """Return what `load` made for this epoch; a racing second load is harmless, the first one stays."""
        try:
            return cast(T, self.parts[key])
        except KeyError:
            return cast(T, self.parts.setdefault(key, load()))


_standings: dict[UUID, Standing] = {}
_apart: ContextVar[dict[UUID, Standing] | None] = ContextVar("standings_kept_apart", default=None)
_lock = threading.Lock()


@contextmanager
def standings_kept_apart() -> Iterator[None]:
    """Keep what is loaded inside this block out of the process's memory: it may see what is about to be taken back.

    The epoch alone would not tell: whoever changes the environment next raises it to the same number.
    """
    mark = _apart.set({})
    try:
        yield
    finally:
        _apart.reset(mark)


def standing_of(environment_id: UUID) -> Standing:
    """Return what is known of an environment, possibly of an older epoch: the data statement tells."""
    apart = _apart.get()
    found = (_standings if apart is None else apart).get(environment_id)
    return found if found is not None else _load(environment_id)


def fresh_standing_of(environment_id: UUID) -> Standing:
    """Return what holds in an environment now; reads the epoch from the database."""
    apart = _apart.get()
    known = (_standings if apart is None else apart).get(environment_id)
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
        # Rows as they are: this is read again after every change, and a model for each of them costs more than they do.
        rows = Purpose.everything.values_list("public_id", "pk", "name", "legal_basis", "retired_at")
        every = {row[1]: StandingPurpose(*row[:4]) for row in rows}
        purposes = [every[row[1]] for row in rows if row[4] is None]
        deadlines = _deadlines()
        clients = Client.objects.values_list("public_id", "pk", "name", "kind", "account_id", "disabled_at")
        loaded = Standing(
            environment_id=environment_id,
            environment_name=environment.name,
            epoch=environment.epoch,
            is_protected=environment.is_protected,
            is_synthetic=environment.is_synthetic,
            clients={row[0]: StandingClient(*row) for row in clients},
            purposes={p.public_id: p for p in purposes},
            purposes_by_name={p.name.lower(): p for p in purposes},
            purposes_by_number=every,
            freezes=frozenset(Freeze.objects.filter(lifted_at=None).values_list("kind", "target_id")),
            account_rights=_by_holder(Right, "user_id", deadlines),
            group_rights=_by_holder(GroupRight, "group_id", deadlines),
            grants=_grants(every),
            reserved=frozenset(ReservedOperation.objects.values_list("operation", "content_type__model", "object_pk")),
            latest_at=environment.latest_at,
        )
    apart = _apart.get()
    if apart is not None:
        apart[environment_id] = loaded
        return loaded
    with _lock:
        if len(_standings) >= _KEPT_ENVIRONMENTS:
            _standings.pop(next(iter(_standings)))
        _standings[environment_id] = loaded
    return loaded


def is_never_suspended(operation: str, *, is_deny: bool) -> bool:
    """Say whether an overdue review leaves a right alone: a denial, which would let somebody in, or to configure.

    Without the latter nobody could change the plan of the reviews.
    """
    return is_deny or operation == "configure"


def _deadlines() -> dict[str, datetime]:
    """Rights that wait for a verdict in a review that suspends them, by their ids, with its deadline."""
    suspending = RightsReviewPlan.objects.filter(on_overdue=SUSPEND)
    waiting = ReviewedRight.objects.filter(Exists(suspending), verdict="")
    rows = waiting.values_list("holder_kind", "right_pk", "review__due_at")
    return {f"{kind}-right-{pk}": due_at for kind, pk, due_at in rows}


def _by_holder(
    model: type[Right] | type[GroupRight], holder: str, deadlines: Mapping[str, datetime]
) -> dict[Any, tuple[StandingRight, ...]]:
    found: dict[Any, list[StandingRight]] = {}
    prefix = "account" if model is Right else "group"
    rows = model._default_manager.values_list(
        holder, "pk", "permission__codename", "content_type__model", "object_pk",
        "not_before", "not_after", "quota_per_hour", "is_deny",
    )  # fmt: skip
    for key, pk, operation, resource_kind, object_pk, not_before, not_after, quota_per_hour, is_deny in rows:
        found.setdefault(key, []).append(
            StandingRight(
                id=f"{prefix}-right-{pk}",
                operation=operation,
                resource_kind=resource_kind,
                object_pk=object_pk,
                not_before=not_before,
                not_after=not_after,
                quota_per_hour=quota_per_hour,
                is_deny=is_deny,
                suspended_from=None
                if is_never_suspended(operation, is_deny=is_deny)
                else deadlines.get(f"{prefix}-right-{pk}"),
            )
        )
    return {key: tuple(rights) for key, rights in found.items()}


def _grants(purposes: Mapping[int, StandingPurpose]) -> dict[UUID, tuple[StandingGrant, ...]]:
    rows = Grant.objects.filter(state=ACTIVE, grantee__is_active=True).values_list(
        "grantee_id", "request_id", "purpose_id", "pk", "accessor_id", "columns", "activated_at", "not_after",
        "is_emergency",
    )  # fmt: skip
    subjects: dict[UUID, set[UUID]] = {row[1]: set() for row in rows}
    asked = RequestedSubject.objects.filter(request_id__in=subjects, is_excluded=False)
    for request_id, subject_id in asked.values_list("request_id", "subject_id"):
        subjects[request_id].add(subject_id)
    found: dict[UUID, list[StandingGrant]] = {}
    for grantee, request_id, purpose, pk, accessor_id, columns, activated_at, not_after, is_emergency in rows:
        if purpose in purposes:
            found.setdefault(grantee, []).append(
                StandingGrant(
                    id=pk,
                    request_id=request_id,
                    accessor_id=accessor_id,
                    purpose=purposes[purpose].public_id,
                    columns=frozenset(columns),
                    subjects=frozenset(subjects[request_id]),
                    not_before=cast(datetime, activated_at),  # a living grant has both
                    not_after=cast(datetime, not_after),
                    is_emergency=is_emergency,
                )
            )
    return {grantee: tuple(grants) for grantee, grants in found.items()}
