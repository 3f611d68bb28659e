"""The one place that evaluates rights: default deny, deny wins, terms are compared with the clock at every check."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.identities import CLIENT, Caller
from governance.standing import Standing, StandingGrant, StandingRight


@dataclass(frozen=True, slots=True)
class Resource:
    """What a call is about: the environment, or one accessor, mutator or client in it.

    `pk` is the surrogate key that rights point at, `public_id` what freezes and records name.
    """

    kind: str
    pk: int | UUID
    public_id: UUID
    name: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rights say.

    `quota` is the largest allowance per hour when every right that allows has one, None when one has none.
    `allowed_by`, `denied_by` name rights; at most one of them decides. `is_reserved`: no right decides, because the
    operation is for programs and a person asks.
    """

    allowed: bool
    allowed_by: str | None = None
    denied_by: str | None = None
    quota: int | None = None
    is_reserved: bool = False


def effective_rights(
    *, standing: Standing, caller: Caller, operation: str, resource: Resource, now: datetime
) -> Verdict:
    """Say whether the caller's rights allow an operation on a resource at this moment."""
    now = latest_moment(standing, now)
    if caller.kind != CLIENT and is_reserved(standing, operation, resource):
        return Verdict(allowed=False, is_reserved=True)
    allowing: StandingRight | None = None
    for right in _rights_held(standing, caller):
        if right.operation != operation or not _covers(right, standing, resource) or not in_force(right, now):
            continue
        if right.is_deny:
            return Verdict(allowed=False, denied_by=right.id)
        if allowing is None or _is_wider(right, allowing):
            allowing = right
    if allowing is None:
        return Verdict(allowed=False)
    return Verdict(allowed=True, allowed_by=allowing.id, quota=allowing.quota_per_hour)


def rights_allowing(
    *, standing: Standing, caller: Caller, operation: str, resource: Resource, now: datetime
) -> list[StandingRight]:
    """Return every right that allows an operation on a resource now; none where one denies it, or it is reserved."""
    verdict = effective_rights(standing=standing, caller=caller, operation=operation, resource=resource, now=now)
    if not verdict.allowed:
        return []
    now = latest_moment(standing, now)
    held = (right for right in _rights_held(standing, caller) if right.operation == operation)
    return [right for right in held if _covers(right, standing, resource) and in_force(right, now)]


def effective_grant(
    *,
    standing: Standing,
    caller: Caller,
    operation: str,
    resource: Resource,
    purposes: Collection[UUID],
    now: datetime,
    named: UUID | None = None,
) -> StandingGrant | None:
    """Return the grant that lets the caller read through an accessor at this moment, the named one if one is named.

    Grants only ever read. One counts as long as its holder may ask for such access at all.
    """
    held = standing.grants.get(caller.account_id)
    if not held or operation != "read" or (caller.kind != CLIENT and is_reserved(standing, operation, resource)):
        return None
    now = latest_moment(standing, now)
    for grant in held:
        is_it = named in (None, grant.id) and grant.accessor_id == resource.public_id and grant.purpose in purposes
        if is_it and grant.not_before <= now < grant.not_after:
            asks = effective_rights(standing=standing, caller=caller, operation="request", resource=resource, now=now)
            return grant if asks.allowed else None
    return None


def is_reserved(standing: Standing, operation: str, resource: Resource) -> bool:
    """Say whether an operation on a resource is for programs alone."""
    if not standing.reserved:
        return False
    everywhere = (operation, "environment", str(standing.environment_id))
    return everywhere in standing.reserved or (operation, resource.kind, str(resource.pk)) in standing.reserved


def latest_moment(standing: Standing, now: datetime) -> datetime:
    """Return the later of what a clock says and what has been seen before."""
    return now if standing.latest_at is None else max(now, standing.latest_at)


def holds_any_right(*, standing: Standing, caller: Caller, now: datetime) -> bool:
    """Say whether any right in force allows the caller anything at all in the environment."""
    now = latest_moment(standing, now)
    return any(not right.is_deny and in_force(right, now) for right in _rights_held(standing, caller))


def rights_that_allow(*, standing: Standing, caller: Caller, operation: str, now: datetime) -> list[str]:
    """Name the caller's rights in force that allow an operation on anything, whether or not a denial beats them."""
    now = latest_moment(standing, now)
    held = _rights_held(standing, caller)
    return [right.id for right in held if right.operation == operation and not right.is_deny and in_force(right, now)]


def why_not_allowed(standing: Standing, caller: Caller, operation: str, resource: Resource, now: datetime) -> list[str]:
    """Say what is missing where no right allows: a review that is overdue, or a grant that covers something else."""
    now = latest_moment(standing, now)
    held = [right for right in _rights_held(standing, caller) if right.operation == operation]
    late = [right.id for right in held if right.suspended_from is not None and now >= right.suspended_from]
    return [
        f"right: none allows {operation} on this {resource.kind}",
        *(f"review: {right} is suspended until it is reviewed" for right in late),
        *(["grant: none that is held covers this now"] if standing.grants.get(caller.account_id) else []),
    ]


def _rights_held(standing: Standing, caller: Caller) -> Iterator[StandingRight]:
    yield from standing.account_rights.get(caller.account_id, ())
    for group_id in caller.group_ids:
        yield from standing.group_rights.get(group_id, ())


def _covers(right: StandingRight, standing: Standing, resource: Resource) -> bool:
    if right.resource_kind == "environment":
        return right.object_pk == str(standing.environment_id)
    return right.resource_kind == resource.kind and right.object_pk == str(resource.pk)


def in_force(right: StandingRight, now: datetime) -> bool:
    """Say whether the clock is inside a right's window, and before the deadline of a review that waits about it."""
    if right.suspended_from is not None and now >= right.suspended_from:
        return False
    if right.not_before is not None and now < right.not_before:
        return False
    return right.not_after is None or now < right.not_after


def _is_wider(right: StandingRight, other: StandingRight) -> bool:
    if other.quota_per_hour is None:
        return False
    return right.quota_per_hour is None or right.quota_per_hour > other.quota_per_hour
