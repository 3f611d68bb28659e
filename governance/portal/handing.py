"""Handing one's access on to a client: to which, for how long, which columns and why; and what is handed on already."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from governance.access_queries import grant_seen
from governance.actions.delegations import (
    MOST_MINUTES,
    Offer,
    Offered,
    accept_delegation,
    end_delegation,
    offer_delegation,
)
from governance.breakglass.machines import ACTIVE
from governance.breakglass.showing import Names, SeenGrant
from governance.delegation.handed import ceiling_of
from governance.delegation.opening import client_named
from governance.delegation.showing import SeenDelegation, delegation_line, delegation_rows
from governance.errors import GovernanceError, NotFound
from governance.models import Grant
from governance.operators.choice import operator_caller
from governance.operators.faults import Fault, page, typed_id, typed_ids, typed_number
from governance.operators.permission import environment_of, standing_for
from governance.operators.second_factors import address_with_way_back, factor_at
from governance.rights import Verdict
from keyring.walls import in_environment

ENDED_SHOWN = 20


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def hand_on(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Hand on what was granted, accept what another offered of it, or end it; what takes it is shown once, here."""
    grant = _own_grant(request, request_id)
    if request.method != "POST":
        return _page(request, grant)
    try:
        made = _step(request, grant)
    except GovernanceError as error:
        fault = Fault.of(error)
        if fault.needs_factor:
            way_back = reverse("access-hand-on", args=[request_id])
            return HttpResponseRedirect(address_with_way_back("second-factor-confirm", way_back))
        return _page(request, grant, fault=fault)
    return _page(request, grant, made=made) if made else redirect("access-hand-on", request_id)


def _step(request: HttpRequest, grant: SeenGrant) -> Offered | None:
    caller, sent = operator_caller(request), request.POST
    match sent.get("step"):
        case "end":
            end_delegation(caller, delegation_id=typed_id(sent.get("delegation", ""), "delegation"))
            return None
        case "accept":
            accepted = typed_id(sent.get("delegation", ""), "delegation")
            return accept_delegation(caller, delegation_id=accepted, factor_at=factor_at(request))
    offer = Offer(
        grant_id=grant.row.pk,
        client_id=typed_id(sent.get("client", ""), "client"),
        justification=sent.get("justification", "").strip(),
        minutes=typed_number(sent.get("minutes", ""), "minutes"),
        columns=typed_ids(sent.getlist("columns"), "columns"),
        key=sent.get("key", "").strip(),
    )
    return offer_delegation(caller, offer, factor_at=factor_at(request))


def _own_grant(request: HttpRequest, request_id: UUID) -> SeenGrant:
    caller = operator_caller(request)
    with in_environment(environment_of(request)):
        row = Grant.objects.select_related("request").filter(request=request_id).first()
    if row is None or caller.account_id not in {row.grantee_id, row.request.requester_id}:
        raise NotFound("There is no such access of yours.", field="request")
    return grant_seen(caller, row.pk, timezone.now())


def _page(
    request: HttpRequest, grant: SeenGrant, *, fault: Fault | None = None, made: Offered | None = None
) -> HttpResponse:
    standing, now = standing_for(request), timezone.now()
    with in_environment(environment_of(request)):
        names = Names()
        found = names.requestable(grant.row.accessor_id)
        clients = [
            client
            for client in sorted(standing.clients.values(), key=lambda each: each.name.lower())
            if found is not None
            and client.disabled_at is None
            and client.account_id != grant.row.grantee_id
            and isinstance(
                ceiling_of(
                    standing=standing,
                    client=client_named(client, standing.environment_id),
                    resource=found.resource,
                    now=now,
                ),
                Verdict,
            )
        ]
        rows = delegation_rows(operator_caller(request), now).filter(grant=grant.row.pk)
        handed: list[SeenDelegation] = [delegation_line(row, names, now=now) for row in rows[:ENDED_SHOWN]]
    is_open = grant.row.state == ACTIVE and grant.row.not_after is not None and now < grant.row.not_after
    context = {
        "grant": grant,
        "is_holder": grant.row.grantee_id == request.user.pk,
        "may_hand_on": is_open and not grant.row.is_emergency,
        "clients": clients,
        "handed": handed,
        "made": made,
        "minutes": [2, 5, MOST_MINUTES],
        "sent": request.POST,
        "sent_columns": request.POST.getlist("columns") or [str(column) for column in grant.columns],
    }
    return page(request, "portal/hand_on.html", context, fault=fault)
