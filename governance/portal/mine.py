"""One's own access: what is granted, what waits, what is over; and ending, activating, answering, cancelling."""

from __future__ import annotations

from collections.abc import Callable
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
from django.views.decorators.http import require_POST, require_safe

from governance.access_queries import own_requests
from governance.actions.access_decisions import answer_request, cancel_request
from governance.actions.grants import activate_grant, relinquish_grant
from governance.errors import GovernanceError, NotFound
from governance.models import Grant
from governance.operators.choice import operator_caller
from governance.operators.faults import Fault, page
from governance.operators.permission import environment_of
from governance.operators.second_factors import address_with_way_back, factor_at
from keyring.walls import in_environment

PAST_SHOWN = 50


@never_cache
@require_safe
@login_required
def my_access(request: HttpRequest) -> HttpResponse:
    """Show what the operator has asked for and got."""
    return _mine(request)


@require_POST
@login_required
def activate(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Begin to use what was granted; lead to a second factor where one is needed first."""
    caller = operator_caller(request)

    def begin() -> None:
        activate_grant(caller, grant_id=_grant_of(request, request_id), factor_at=factor_at(request))

    return _taken(request, begin, request_id, done=_("Your access has begun. Everything that you reveal is recorded."))


@require_POST
@login_required
def end(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Give one's access up before its time."""
    caller = operator_caller(request)
    return _taken(
        request,
        lambda: relinquish_grant(caller, grant_id=_grant_of(request, request_id)),
        request_id,
        done=_("Your access has ended."),
    )


@require_POST
@login_required
def cancel(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Take a request back."""
    caller = operator_caller(request)
    return _taken(request, lambda: cancel_request(caller, request_id=request_id), request_id, done=_("Cancelled."))


@sensitive_post_parameters()
@require_POST
@login_required
def answer(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Answer what an approver asked back."""
    caller, text = operator_caller(request), request.POST.get("answer", "")
    return _taken(
        request,
        lambda: answer_request(caller, request_id=request_id, answer=text),
        request_id,
        done=_("Your answer is with the approvers."),
    )


def _taken(request: HttpRequest, step: Callable[[], Any], request_id: UUID, *, done: str) -> HttpResponse:
    address = reverse("access-request", args=[request_id])
    try:
        step()
    except GovernanceError as error:
        fault = Fault.of(error)
        if fault.needs_factor:
            return HttpResponseRedirect(address_with_way_back("second-factor-confirm", address))
        return _mine(request, fault=fault)
    messages.success(request, done)
    return HttpResponseRedirect(address)


def _mine(request: HttpRequest, *, fault: Fault | None = None) -> HttpResponse:
    found = own_requests(operator_caller(request), timezone.now())
    past = [each for each in found if not each.is_living and not each.is_undecided]
    context = {
        "living": [each for each in found if each.is_living],
        "waiting": [each for each in found if each.is_undecided],
        "past": past[:PAST_SHOWN],
        "more": len(past[PAST_SHOWN:]),
    }
    return page(request, "portal/mine.html", context, fault=fault)


def _grant_of(request: HttpRequest, request_id: UUID) -> UUID:
    with in_environment(environment_of(request)):
        found = Grant.objects.filter(request=request_id).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound("Nothing was granted.", field="request")
    return found
