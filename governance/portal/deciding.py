"""The approver's inbox, and one request to decide on: approve, narrow, deny, ask back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from governance.access_queries import request_seen, requests_to_decide, requests_to_decide_with_others
from governance.access_use import earlier_use
from governance.actions.access_decisions import Narrowing, approve_request, ask_back, deny_request
from governance.breakglass.showing import SeenRequest
from governance.errors import GovernanceError, Invalid, NotFound
from governance.operators.choice import operator_caller
from governance.operators.faults import Fault, page, typed_ids, typed_number

SHOWN = 100
"""Requests that a list shows at a time; how many there are beyond it says."""


@never_cache
@require_safe
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what waits for the operator's decision, the most urgent first."""
    caller, now = operator_caller(request), timezone.now()
    waiting = requests_to_decide(caller, now)
    context = {
        "waiting": waiting[:SHOWN],
        "more": len(waiting[SHOWN:]),
        "approved": requests_to_decide_with_others(caller, now)[:SHOWN],
    }
    return page(request, "portal/inbox.html", context)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def decide(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Show one request to decide on, and take the decision."""
    if request.method != "POST":
        return _shown(request, request_id)
    try:
        said = _decided(request, request_id)
    except NotFound:
        raise
    except GovernanceError as error:
        return _shown(request, request_id, fault=Fault.of(error))
    messages.success(request, said)
    return HttpResponseRedirect(reverse("access-inbox"))


def _decided(request: HttpRequest, request_id: UUID) -> str:
    caller, sent = operator_caller(request), request.POST
    what: dict[str, Any] = {"request_id": request_id, "shown": sent.get("shown", "")}
    comment = sent.get("comment", "")
    match sent.get("decision"):
        case "approve":
            narrowing = Narrowing(
                columns=typed_ids(sent.getlist("columns"), "columns"),
                minutes=typed_number(sent.get("minutes", ""), "minutes"),
                without=_left_out(request, request_id, typed_ids(sent.getlist("people"), "people")),
            )
            approved = approve_request(caller, **what, narrowing=narrowing, comment=comment)
            return _("Approved.") if approved.state == "approved" else _("Approved; others have to approve, too.")
        case "deny":
            deny_request(caller, **what, comment=comment)
            return _("Denied; your comment is with the requester.")
        case "ask":
            ask_back(caller, **what, question=comment)
            return _("Your question is with the requester.")
    raise Invalid("Choose what to do.", field="decision")


def _left_out(request: HttpRequest, request_id: UUID, kept: list[UUID]) -> set[UUID]:
    left = request_seen(operator_caller(request), request_id, timezone.now()).left
    return set(left.subjects) - set(kept) if left else set()


def _shown(request: HttpRequest, request_id: UUID, *, fault: Fault | None = None) -> HttpResponse:
    caller, now = operator_caller(request), timezone.now()
    found = request_seen(caller, request_id, now)
    context = {
        "seen": found,
        "choices": _choices(found),
        "typed": request.POST.get("comment", ""),
        "earlier": earlier_use(caller, found.row.reason, found.row.accessor_id, now),
    }
    return page(request, "portal/decide.html", context, fault=fault)


def _choices(found: SeenRequest) -> dict[str, Any]:
    """What may be left of it: shorter times, fewer columns, fewer people."""
    most = found.minutes
    shorter = sorted({minutes for minutes in (5, 15, 30, 60, 120, 240, 480) if minutes < most} | {most})
    people = found.left.subjects if found.left else ()
    return {"minutes": shorter, "most": most, "people": list(enumerate(people, 1))}
