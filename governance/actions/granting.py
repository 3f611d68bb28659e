"""What a decision makes: the grant, the review that is due of it, and how the book describes both."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from governance.breakglass.machines import ACTIVE, APPROVED, OPEN, READY
from governance.breakglass.terms import AccessTerms
from governance.catalogue import Requestable
from governance.models import AccessRequest, Grant, Review
from governance.standing import Standing
from governance.tickets import ticket_image

_CHANCE = random.SystemRandom()
"""Nobody can tell which grants will be looked back at."""


def give_grant(
    request: AccessRequest, terms: AccessTerms, *, columns: Sequence[UUID], minutes: int, now: datetime
) -> Grant:
    """Make the grant of a decided request: one that waits for its grantee, or, of an emergency, one that lives."""
    is_emergency = request.state != APPROVED
    begin = max(now, request.not_before)
    return Grant.objects.create(
        environment_id=request.environment_id,
        request=request,
        state=ACTIVE if is_emergency else READY,
        grantee_id=request.grantee_id,
        accessor_id=request.accessor_id,
        purpose_id=request.purpose_id,
        columns=list(columns),
        minutes=minutes,
        is_emergency=is_emergency,
        not_before=begin,
        activate_by=begin + terms.begin_within,
        activated_at=begin if is_emergency else None,
        not_after=begin + timedelta(minutes=minutes) if is_emergency else None,
        created_at=now,
    )


def must_be_reviewed(grant: Grant, why: str, *, due_at: datetime, now: datetime) -> Review:
    """Make the review of a grant."""
    return Review.objects.create(
        environment_id=grant.environment_id, grant=grant, state=OPEN, why=why, created_at=now, due_at=due_at
    )


def may_be_reviewed(grant: Grant, terms: AccessTerms, *, now: datetime) -> Review | None:
    """Draw whether a grant is looked back at once it is over."""
    if _CHANCE.randrange(100) >= terms.review_percent:
        return None
    over = grant.activate_by + timedelta(minutes=grant.minutes)
    return must_be_reviewed(grant, Review.SAMPLE, due_at=over + terms.review_within, now=now)


def described(request: AccessRequest, found: Requestable, standing: Standing) -> dict[str, Any]:
    """What the book says of a request: names, counts and ids, nobody's and nothing that somebody wrote."""
    return {
        "request": request.id,
        "grantee": request.grantee_id,
        "accessor": request.accessor_id,
        "name": found.resource.name,
        "purpose": standing.purposes_by_number[request.purpose_id].name,
        "columns": [found.columns[column] for column in request.columns if column in found.columns],
        "people": request.subject_count,
        "minutes": request.minutes,
        "reason": request.reason,
        "ticket": ticket_image(request.environment_id, request.ticket),
        "approvals": request.needed,
        "state": request.state,
        "extends": request.extends_id,
    }
