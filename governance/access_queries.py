"""Who sees what of temporary access: their own, what they could decide on, what they may look back at.

Lists come as rows, to be read inside the environment's transaction, and as what is shown of them. Whoever may not see
something is told that there is no such thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from governance.actions.change import environment_resource
from governance.authorization import must_not_be_stopped
from governance.breakglass.gathering import Moment
from governance.breakglass.machines import CLAIMED, OPEN, READY
from governance.breakglass.showing import (
    LIVING,
    UNDECIDED,
    Names,
    SeenGrant,
    SeenRequest,
    SeenReview,
    grant_line,
    request_line,
    revealed,
    review_line,
    subjects_of,
    whole_request,
)
from governance.catalogue import requestables
from governance.errors import NotFound
from governance.identities import Caller
from governance.models import AccessRequest, Grant, Review
from governance.rights import Resource, latest_moment
from governance.standing import Standing, fresh_standing_of
from keyring.walls import in_environment

M = TypeVar("M", bound=Model)
Seen = TypeVar("Seen")
LONGEST_LIST = 1500


def own_requests(caller: Caller, now: datetime) -> list[SeenRequest]:
    """Return what somebody asked for, or others asked for them, newest first."""
    with in_environment(caller.environment_id):
        return [replace(line, is_own=True) for line in _request_lines(own_request_rows(caller), caller, now)]


def requests_to_decide(caller: Caller, now: datetime) -> list[SeenRequest]:
    """Return what waits for a decision that this caller could take, the most urgent first."""
    with in_environment(caller.environment_id):
        return _request_lines(request_rows_to_decide(caller, now).order_by("decide_by"), caller, now)


def requests_to_decide_with_others(caller: Caller, now: datetime) -> list[SeenRequest]:
    """Return what this caller has approved and others have to approve as well, the most urgent first."""
    with in_environment(caller.environment_id):
        rows = _rows_for_deciding(caller, now).filter(approvals__approver_id=caller.account_id)
        return _request_lines(rows.order_by("decide_by"), caller, now)


def request_seen(caller: Caller, request_id: UUID, now: datetime) -> SeenRequest:
    """Return one request with what was written about it.

    Raises:
        NotFound: there is none, or the caller may not see it.
        Refused: the caller is disabled or frozen.
    """
    with in_environment(caller.environment_id):
        row = request_rows(caller, now).filter(pk=request_id).first()
        if row is None:
            raise NotFound("There is no such request.", field="request")
        to_decide = request_rows_to_decide(caller, now).filter(pk=request_id).exists()
        is_own = caller.account_id in {row.requester_id, row.grantee_id}
        whole = whole_request(row, Names(), now=_moment(caller, now))
        return replace(whole, is_own=is_own, may_decide=to_decide)


def grants_of(caller: Caller) -> list[SeenGrant]:
    """Return what was granted to somebody, newest first, whether it is over or not."""
    with in_environment(caller.environment_id):
        return [replace(line, is_own=True) for line in _lines(own_grant_rows(caller), grant_line)]


def grants_living(caller: Caller, now: datetime) -> list[SeenGrant]:
    """Return the grants that are still to use or in use, as far as the caller sees them."""
    with in_environment(caller.environment_id):
        living = grant_rows(caller, now).filter(state__in=LIVING).exclude(not_after__lte=now)
        return _lines(living.exclude(state=READY, activate_by__lte=now), grant_line)


def grant_seen(caller: Caller, grant_id: UUID, now: datetime) -> SeenGrant:
    """Return one grant; whose records it opens only to whoever could see the request.

    Raises:
        NotFound: there is none, or the caller may not see it.
        Refused: the caller is disabled or frozen.
    """
    with in_environment(caller.environment_id):
        row = grant_rows(caller, now).filter(pk=grant_id).first()
        if row is None:
            raise NotFound("There is no such grant.", field="grant")
        return replace(
            grant_line(row, Names()),
            is_own=row.grantee_id == caller.account_id,
            subjects=subjects_of(row) if request_rows(caller, now).filter(pk=row.request_id).exists() else None,
            comment=revealed(row.comment),
        )


def reviews_open(caller: Caller, now: datetime) -> list[SeenReview]:
    """Return the reviews that this caller could take or has taken, the most urgent first."""
    with in_environment(caller.environment_id):
        rows = review_rows(caller, now).filter(state__in=[OPEN, CLAIMED])
        mine = rows.filter(Q(reviewer=None) | Q(reviewer_id=caller.account_id)).exclude(_took_part(caller)).distinct()
        return _lines(mine, lambda row, names: review_line(row, names, now=now))


def reviews_unconcluded(caller: Caller, now: datetime) -> list[SeenReview]:
    """Return the reviews that the caller sees and nobody has concluded, whoever looks at them, most urgent first."""
    with in_environment(caller.environment_id):
        rows = review_rows(caller, now).filter(concluded_at=None).order_by("due_at")
        return _lines(rows, lambda row, names: review_line(row, names, now=now))


def reviews_concluded(caller: Caller, now: datetime) -> list[SeenReview]:
    """Return the reviews that the caller sees and somebody has concluded, the latest first."""
    with in_environment(caller.environment_id):
        rows = review_rows(caller, now).exclude(concluded_at=None).order_by("-concluded_at")
        return _lines(rows, lambda row, names: review_line(row, names, now=now))


def review_seen(caller: Caller, review_id: UUID, now: datetime) -> SeenReview:
    """Return one review; what was asked for and why only to whoever may review.

    Raises:
        NotFound: there is none, or the caller may not see it.
        Refused: the caller is disabled or frozen.
    """
    with in_environment(caller.environment_id):
        row = review_rows(caller, now).filter(pk=review_id).first()
        if row is None:
            raise NotFound("There is no such review.", field="review")
        names = Names()
        request = request_rows(caller, now).filter(pk=row.grant.request_id).first()
        return replace(
            review_line(row, names, now=now),
            is_own=row.reviewer_id == caller.account_id,
            request=whole_request(request, names, now=_moment(caller, now)) if request else None,
            comment=revealed(row.comment),
        )


def own_request_rows(caller: Caller) -> QuerySet[AccessRequest]:
    """Requests that somebody made, or that others made for them."""
    _standing(caller, timezone.now())
    return _requests().filter(Q(requester_id=caller.account_id) | Q(grantee_id=caller.account_id))


def request_rows_to_decide(caller: Caller, now: datetime) -> QuerySet[AccessRequest]:
    """Requests that wait for a decision that this caller could take now."""
    return _rows_for_deciding(caller, now).exclude(approvals__approver_id=caller.account_id)


def request_rows(caller: Caller, now: datetime) -> QuerySet[AccessRequest]:
    """Requests that somebody sees: their own, those of what they may decide on, those of what they may audit."""
    own = Q(requester_id=caller.account_id) | Q(grantee_id=caller.account_id)
    return _requests().filter(own | _through(caller, now, ["approve", "audit"]))


def own_grant_rows(caller: Caller) -> QuerySet[Grant]:
    """Grants that somebody holds or held."""
    _standing(caller, timezone.now())
    return _grants().filter(grantee_id=caller.account_id)


def grant_rows(caller: Caller, now: datetime) -> QuerySet[Grant]:
    """Grants that somebody sees: their own, those that they asked for, and those that they could stop or audit."""
    own = Q(grantee_id=caller.account_id) | Q(request__requester_id=caller.account_id)
    return _grants().filter(own | _through(caller, now, ["approve", "audit", "configure"]))


def review_rows(caller: Caller, now: datetime) -> QuerySet[Review]:
    """Reviews that somebody sees: those of what they may audit, and those of how they used access themselves.

    Nobody learns that a grant of theirs was drawn before somebody has looked at it, whatever they may audit.
    """
    rows = Review.objects.select_related(
        "grant__grantee", "grant__ended_by", "grant__request", "grant__request__requester", "reviewer"
    )
    own = Q(grant__grantee_id=caller.account_id)
    asked = Q(grant__request__requester_id=caller.account_id)
    seen = rows.filter(own | _through(caller, now, ["audit"], field="grant__accessor_id"))
    return seen.exclude(own | asked, why=Review.SAMPLE, concluded_at=None)


def _requests() -> QuerySet[AccessRequest]:
    return AccessRequest.objects.select_related("requester", "grantee", "decided_by", "grant")


def _rows_for_deciding(caller: Caller, now: datetime) -> QuerySet[AccessRequest]:
    """Other people's requests that are open, of which this caller holds the right to approve them."""
    open_ones = _requests().filter(state__in=UNDECIDED, decide_by__gt=now)
    others = open_ones.exclude(Q(requester_id=caller.account_id) | Q(grantee_id=caller.account_id))
    return others.filter(_through(caller, now, ["approve"]))


def _grants() -> QuerySet[Grant]:
    return Grant.objects.select_related("grantee", "ended_by", "request")


def _took_part(caller: Caller) -> Q:
    me = caller.account_id
    return Q(grant__grantee_id=me) | Q(grant__request__requester_id=me) | Q(grant__request__approvals__approver_id=me)


def _moment(caller: Caller, now: datetime) -> datetime:
    return latest_moment(fresh_standing_of(caller.environment_id), now)


def _standing(caller: Caller, now: datetime) -> Standing:
    standing = fresh_standing_of(caller.environment_id)
    must_not_be_stopped(caller, environment_resource(caller.environment_id), standing=standing, now=now)
    return standing


def _through(caller: Caller, now: datetime, operations: Iterable[str], *, field: str = "accessor_id") -> Q:
    """What goes through accessors on which the caller holds one of some rights."""
    moment = Moment(caller, _standing(caller, now), now)
    resources = moment.standing.part("resources of accessors", _resources)
    environment = environment_resource(caller.environment_id)
    condition = Q(pk__in=[])
    for operation in operations:
        allowed = [public_id for public_id, resource in resources.items() if moment.may(operation, resource)]
        condition |= Q(**{f"{field}__in": allowed})
        if moment.may(operation, environment):  # what is no longer there is a matter of the whole environment
            condition |= ~Q(**{f"{field}__in": list(resources)})
    return condition


def _resources() -> dict[UUID, Resource]:
    return {found.resource.public_id: found.resource for found in requestables().all()}


def _request_lines(rows: QuerySet[AccessRequest], caller: Caller, now: datetime) -> list[SeenRequest]:
    moment = _moment(caller, now)
    return _lines(rows, lambda row, names: request_line(row, names, now=moment))


def _lines(rows: QuerySet[M], line: Callable[[M, Names], Seen]) -> list[Seen]:
    names = Names()
    return [line(row, names) for row in rows[:LONGEST_LIST]]
