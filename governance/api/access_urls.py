"""Addresses of temporary access."""

from __future__ import annotations

from django.urls import path

from governance.api.access_grants import (
    AccessGrants,
    GrantActivation,
    GrantRelinquishment,
    GrantResumption,
    GrantRevocation,
    GrantSuspension,
    SingleAccessGrant,
)
from governance.api.access_requests import (
    AccessRequests,
    EarlierUseOfReason,
    Emergencies,
    RequestAnswer,
    RequestApproval,
    RequestCancellation,
    RequestDenial,
    RequestQuestion,
    SingleAccessRequest,
)
from governance.api.access_reviews import (
    AccessReviews,
    ReviewClaim,
    ReviewConclusion,
    ReviewReferral,
    SingleAccessReview,
)
from governance.api.access_rules import AccessRules, SingleAccessRule
from governance.api.access_tickets import SingleTicket, TicketClosing, Tickets
from governance.api.delegations import DelegationAcceptance, DelegationEnd, Delegations, SingleDelegation

_REQUEST = "governance/access-requests/<uuid:request_id>"
_GRANT = "governance/access-grants/<uuid:grant_id>"
_DELEGATION = "governance/delegations/<uuid:delegation_id>"
_REVIEW = "governance/access-reviews/<uuid:review_id>"

urlpatterns = [
    path("governance/access-rules", AccessRules.as_view(), name="api-access-rules"),
    path("governance/access-rules/<uuid:rule_id>", SingleAccessRule.as_view(), name="api-access-rule"),
    path("governance/tickets", Tickets.as_view(), name="api-tickets"),
    path("governance/tickets/<uuid:ticket_id>", SingleTicket.as_view(), name="api-ticket"),
    path("governance/tickets/<uuid:ticket_id>/close", TicketClosing.as_view(), name="api-ticket-closing"),
    path("governance/access-requests", AccessRequests.as_view(), name="api-access-requests"),
    path(_REQUEST, SingleAccessRequest.as_view(), name="api-access-request"),
    path(f"{_REQUEST}/earlier-use", EarlierUseOfReason.as_view(), name="api-earlier-use"),
    path(f"{_REQUEST}/approve", RequestApproval.as_view(), name="api-request-approval"),
    path(f"{_REQUEST}/deny", RequestDenial.as_view(), name="api-request-denial"),
    path(f"{_REQUEST}/ask-back", RequestQuestion.as_view(), name="api-request-question"),
    path(f"{_REQUEST}/answer", RequestAnswer.as_view(), name="api-request-answer"),
    path(f"{_REQUEST}/cancel", RequestCancellation.as_view(), name="api-request-cancellation"),
    path("governance/emergencies", Emergencies.as_view(), name="api-emergencies"),
    path("governance/access-grants", AccessGrants.as_view(), name="api-access-grants"),
    path(_GRANT, SingleAccessGrant.as_view(), name="api-access-grant"),
    path(f"{_GRANT}/activate", GrantActivation.as_view(), name="api-grant-activation"),
    path(f"{_GRANT}/suspend", GrantSuspension.as_view(), name="api-grant-suspension"),
    path(f"{_GRANT}/resume", GrantResumption.as_view(), name="api-grant-resumption"),
    path(f"{_GRANT}/revoke", GrantRevocation.as_view(), name="api-grant-revocation"),
    path(f"{_GRANT}/relinquish", GrantRelinquishment.as_view(), name="api-grant-relinquishment"),
    path("governance/delegations", Delegations.as_view(), name="api-delegations"),
    path(_DELEGATION, SingleDelegation.as_view(), name="api-delegation"),
    path(f"{_DELEGATION}/accept", DelegationAcceptance.as_view(), name="api-delegation-acceptance"),
    path(f"{_DELEGATION}/end", DelegationEnd.as_view(), name="api-delegation-end"),
    path("governance/access-reviews", AccessReviews.as_view(), name="api-access-reviews"),
    path(_REVIEW, SingleAccessReview.as_view(), name="api-access-review"),
    path(f"{_REVIEW}/claim", ReviewClaim.as_view(), name="api-review-claim"),
    path(f"{_REVIEW}/refer", ReviewReferral.as_view(), name="api-review-referral"),
    path(f"{_REVIEW}/conclude", ReviewConclusion.as_view(), name="api-review-conclusion"),
]
