"""Gathering the facts that a step is judged by, from what holds at one moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from governance.breakglass.facts import Facts
from governance.breakglass.machines import ACTIVE, CLAIMED, DECLARED, NEEDS_INFO, OPEN, PENDING, READY, SUSPENDED
from governance.breakglass.people import able_to, may
from governance.breakglass.reasons import EMERGENCY_REASONS, REMEMBERED_TEXTS, repeats, says_something
from governance.breakglass.terms import AccessTerms
from governance.custody import may_be_behind
from governance.identities import CLIENT, SYSTEM, Caller
from governance.models import AccessRequest, Account, Grant, Review
from governance.rights import Resource, effective_rights
from governance.standing import Standing
from governance.tickets import TicketFound, is_good

MOST_OPEN = 5
"""Requests of one person that may wait for a decision at a time."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Who acts, when, and what holds then."""

    caller: Caller
    standing: Standing
    now: datetime
    factor_at: datetime | None = None

    def may(self, operation: str, resource: Resource) -> bool:
        """Whether the caller holds a right for an operation."""
        found = effective_rights(
            standing=self.standing, caller=self.caller, operation=operation, resource=resource, now=self.now
        )
        return found.allowed

    def account_may(self, account: Account, operation: str, resource: Resource) -> bool:
        """Whether an account does."""
        return may(account, operation, resource, standing=self.standing, now=self.now)

    def is_somebody_else(self, request: AccessRequest) -> bool:
        """Whether nobody else who asked for access, decided on it or got it can be acting through this caller.

        A chain of callers is somebody's; a client is also whoever has the means to speak as it.
        """
        if self.caller.via:
            return False
        people = {request.requester_id, request.grantee_id, *approvers_of(request)} - {self.caller.account_id}
        clients = {client.public_id for client in self.standing.clients.values() if client.account_id in people}
        own = {self.caller.account_id, self.caller.id}
        if any(may_be_behind(own, client_id, now=request.created_at) for client_id in clients):
            return False
        return self.caller.kind != CLIENT or not may_be_behind(people | clients, self.caller.id, now=self.now)

    def able_to(self, operation: str, resource: Resource) -> frozenset[UUID]:
        """Which operators do."""
        return able_to(operation, resource, standing=self.standing, now=self.now)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for."""

    requester: Account
    grantee: Account
    resource: Resource
    subject_ids: Collection[UUID]
    minutes: int
    reason: str
    text: str
    ticket: str
    found: TicketFound | None
    """What the system that keeps tickets said of it, before anything was locked."""
    is_emergency: bool
    extends: AccessRequest | None = None


def facts_of_asking(moment: Moment, asked: Asked, terms: AccessTerms) -> Facts:
    """Gather what a new request is judged by."""
    requester, grantee = asked.requester, asked.grantee
    may_request = {
        moment.account_may(account, "request", asked.resource) for account in {requester, grantee}
    }  # a client asks by its service account
    duration = timedelta(minutes=asked.minutes)
    own = AccessRequest.objects.filter(requester=requester)
    return Facts(
        now=moment.now,
        actor=moment.caller.account_id,
        requester=requester.id,
        grantee=grantee.id,
        may_request=may_request == {True},
        may_declare=terms.lets_declare(set(requester.groups.values_list("pk", flat=True))) and requester == grantee,
        able_approvers=moment.able_to("approve", asked.resource),
        needed=terms.approvals,
        duration=duration,
        longest=min(terms.longest, terms.emergency_longest) if asked.is_emergency else terms.longest,
        total=duration + minutes_before(asked.extends),
        ceiling=terms.ceiling,
        factor_at=moment.factor_at,
        factor_within=terms.factor_within,
        is_justified=_is_justified(asked, own),
        is_ticket_good=_is_ticket_good(asked, terms),
        only_reads=True,
        open_requests=own.filter(state__in=[PENDING, NEEDS_INFO]).count(),
        most_open=MOST_OPEN,
        recent_emergencies=own.filter(state=DECLARED, created_at__gt=moment.now - timedelta(days=7)).count(),
        most_emergencies=terms.emergencies_per_week,
        overdue_reviews=overdue_of(requester, now=moment.now),
        subjects=len(asked.subject_ids),
        most_subjects=terms.most_subjects,
    )


def minutes_before(extended: AccessRequest | None) -> timedelta:
    """How long the chain of requests is that a request extends."""
    total = timedelta(0)
    while extended is not None:
        total += timedelta(minutes=extended.minutes)
        extended = extended.extends
    return total


def overdue_of(account: Account, *, now: datetime) -> int:
    """How many reviews of somebody's emergencies are overdue: a comparison with the clock."""
    return Review.objects.filter(
        grant__grantee=account, grant__is_emergency=True, state__in=[OPEN, CLAIMED], due_at__lte=now
    ).count()


def facts_of_deciding(
    moment: Moment,
    request: AccessRequest,
    resource: Resource,
    *,
    is_as_shown: bool,
    is_commented: bool,
    only_narrows: bool,
) -> Facts:
    """Gather what a decision is judged by. `is_as_shown`: it still is what the decider saw."""
    return Facts(
        now=moment.now,
        actor=moment.caller.account_id,
        requester=request.requester_id,
        grantee=request.grantee_id,
        may_request=moment.account_may(request.grantee, "request", resource)
        and moment.account_may(request.requester, "request", resource),
        may_approve=moment.may("approve", resource) and moment.is_somebody_else(request),
        approved_by=approvers_of(request),
        needed=request.needed,
        decide_by=request.decide_by,
        is_same_content=is_as_shown,
        is_commented=is_commented,
        only_narrows=only_narrows,
        was_asked_back=request.asked_back_by_id is not None,
    )


def facts_of_living(
    moment: Moment, grant: Grant, resource: Resource, terms: AccessTerms | None, *, is_commented: bool
) -> Facts:
    """Gather what a step of a grant is judged by. Without terms nothing can be activated any more."""
    request = grant.request
    return Facts(
        now=moment.now,
        actor=moment.caller.account_id,
        requester=request.requester_id,
        grantee=grant.grantee_id,
        is_somebody_else=moment.is_somebody_else(request),
        may_request=terms is not None
        and moment.account_may(grant.grantee, "request", resource)
        and moment.account_may(request.requester, "request", resource),
        may_approve=moment.may("approve", resource),
        # The analysis of the book stops what it finds as the system, which may freeze as well.
        may_contain=moment.caller.kind == SYSTEM or moment.may("configure", resource),
        approved_by=approvers_of(request),
        able_approvers=_still_able(moment, request, resource),
        needed=request.needed,
        not_before=grant.not_before,
        activate_by=grant.activate_by,
        not_after=grant.not_after,
        is_commented=is_commented,
        factor_at=moment.factor_at,
        factor_within=terms.factor_within if terms else timedelta(0),
    )


def facts_of_reviewing(moment: Moment, review: Review, resource: Resource, *, is_commented: bool) -> Facts:
    """Gather what a step of a review is judged by."""
    grant = review.grant
    return Facts(
        now=moment.now,
        actor=moment.caller.account_id,
        requester=grant.request.requester_id,
        grantee=grant.grantee_id,
        reviewer=review.reviewer_id,
        may_review=moment.may("audit", resource) and moment.is_somebody_else(grant.request),
        approvers_of_grant=approvers_of(grant.request),
        is_over=is_over(grant, now=moment.now),
        is_commented=is_commented,
    )


def is_over(grant: Grant, *, now: datetime) -> bool:
    """Whether a grant has ended, by the clock and whether or not anybody has put it down."""
    if grant.state == READY:
        return now >= grant.activate_by
    if grant.state in {ACTIVE, SUSPENDED}:
        return grant.not_after is not None and now >= grant.not_after
    return True


def approvers_of(request: AccessRequest) -> frozenset[UUID]:
    """Who has approved a request."""
    return frozenset(request.approvals.values_list("approver_id", flat=True))


def _still_able(moment: Moment, request: AccessRequest, resource: Resource) -> frozenset[UUID]:
    """Return who approved and still could: people, and clients that neither an officer nor a freeze has stopped."""
    stopped = {
        client.account_id
        for client in moment.standing.clients.values()
        if client.disabled_at is not None or ("client", client.public_id) in moment.standing.freezes
    }
    approvers = Account.objects.filter(pk__in=approvers_of(request) - stopped)
    return frozenset(account.pk for account in approvers if moment.account_may(account, "approve", resource))


def _is_justified(asked: Asked, own: QuerySet[AccessRequest]) -> bool:
    if asked.is_emergency and asked.reason not in EMERGENCY_REASONS:
        return False
    earlier = own.order_by("-created_at")[:REMEMBERED_TEXTS]
    return says_something(asked.text) and not any(
        request.justification is not None and repeats(asked.text, request.justification.reveal()) for request in earlier
    )


def _is_ticket_good(asked: Asked, terms: AccessTerms) -> bool:
    if not asked.ticket and (not terms.needs_ticket or asked.is_emergency):
        return True
    return is_good(asked.found, account=asked.requester, subject_ids=asked.subject_ids)
