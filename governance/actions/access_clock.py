"""What time does to requests and grants: for the record alone, since every check compares with the clock itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.actions.access_decisions import lapse_request
from governance.actions.access_reviews import tell_overdue
from governance.actions.grants import expire_grant, waste_grant
from governance.breakglass.machines import ACTIVE, CLAIMED, NEEDS_INFO, OPEN, PENDING, READY, SUSPENDED
from governance.errors import GovernanceError
from governance.identities import system_caller
from governance.models import AccessRequest, Environment, Grant, Review
from keyring.walls import in_environment

_MOST = 500
"""Rows of a kind that one round takes in an environment; the next round takes the rest."""


def put_down_what_is_over(*, now: datetime) -> int:
    """Move what has lapsed, is over, or was not used in time; safe to repeat. Returns how many rows were moved."""
    return sum(_in(environment_id, now) for environment_id in Environment.objects.values_list("pk", flat=True))


def _in(environment_id: UUID, now: datetime) -> int:
    with in_environment(environment_id):
        lapsed = _ids(AccessRequest.objects.filter(state__in=[PENDING, NEEDS_INFO], decide_by__lte=now))
        over = _ids(Grant.objects.filter(state__in=[ACTIVE, SUSPENDED], not_after__lte=now))
        unused = _ids(Grant.objects.filter(state=READY, activate_by__lte=now))
    clock = system_caller(environment_id)
    steps: list[tuple[Callable[..., Any], str, list[UUID]]] = [
        (lapse_request, "request_id", lapsed),
        (expire_grant, "grant_id", over),
        (waste_grant, "grant_id", unused),
    ]
    return sum(_moved(step, clock, name, pk, now) for step, name, found in steps for pk in found)


def tell_what_is_overdue(*, now: datetime) -> int:
    """Tell people of every review that nobody has concluded in time, once; returns how many there were."""
    told = 0
    for environment_id in Environment.objects.values_list("pk", flat=True):
        with in_environment(environment_id):
            untold = Review.objects.filter(overdue_told_at=None)
            late = _ids(untold.filter(state__in=[OPEN, CLAIMED], due_at__lte=now))
        clock = system_caller(environment_id)
        told += sum(_moved(tell_overdue, clock, "review_id", pk, now) for pk in late)
    return told


def _ids(rows: Any) -> list[UUID]:
    return list(rows.values_list("pk", flat=True)[:_MOST])


def _moved(step: Callable[..., Any], clock: Any, name: str, pk: UUID, now: datetime) -> bool:
    try:
        step(clock, **{name: pk}, now=now)
    except GovernanceError:
        return False  # somebody was quicker, or it is no longer what it was
    return True
