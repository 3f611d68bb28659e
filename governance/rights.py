"""The one place that evaluates rights: default deny, deny wins, terms are compared with the clock at every check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.identities import Caller
from governance.standing import Standing, StandingRight


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
    `allowed_by`, `denied_by` name rights; at most one of them decides.
    """

    allowed: bool
    allowed_by: str | None = None
    denied_by: str | None = None
    quota: int | None = None


def effective_rights(
    *, standing: Standing, caller: Caller, operation: str, resource: Resource, now: datetime
) -> Verdict:
    """Say whether the caller's rights allow an operation on a resource at this moment."""
    allowing: StandingRight | None = None
    for right in _rights_held(standing, caller):
        if right.operation != operation or not _covers(right, standing, resource) or not _in_force(right, now):
            continue
        if right.is_deny:
            return Verdict(allowed=False, denied_by=right.id)
        if allowing is None or _is_wider(right, allowing):
            allowing = right
    if allowing is None:
        return Verdict(allowed=False)
    return Verdict(allowed=True, allowed_by=allowing.id, quota=allowing.quota_per_hour)


def holds_any_right(*, standing: Standing, caller: Caller, now: datetime) -> bool:
    """Say whether any right in force allows the caller anything at all in the environment."""
    return any(not right.is_deny and _in_force(right, now) for right in _rights_held(standing, caller))


def _rights_held(standing: Standing, caller: Caller) -> Iterator[StandingRight]:
    yield from standing.account_rights.get(caller.account_id, ())
    for group_id in caller.group_ids:
        yield from standing.group_rights.get(group_id, ())


def _covers(right: StandingRight, standing: Standing, resource: Resource) -> bool:
    if right.resource_kind == "environment":
        return right.object_pk == str(standing.environment_id)
    return right.resource_kind == resource.kind and right.object_pk == str(resource.pk)


def _in_force(right: StandingRight, now: datetime) -> bool:
    if right.not_before is not None and now < right.not_before:
        return False
    return right.not_after is None or now < right.not_after


def _is_wider(right: StandingRight, other: StandingRight) -> bool:
    if other.quota_per_hour is None:
        return False
    return right.quota_per_hour is None or right.quota_per_hour > other.quota_per_hour
