"""One's own second factor: enrolling an app that shows codes, and proving with a code that it is still oneself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from governance.actions.second_factors import enrol_totp, is_enrolled, offer_totp, prove_second_factor, shown_offer
from governance.errors import Invalid, Throttled
from governance.models import Account
from governance.operators.second_factors import factor_at, keep_factor

_OFFER = "second_factor_offer"


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Take a code of the operator's app, or lead to where an app is enrolled."""
    account_id = _operator(request)
    fault: Invalid | Throttled | None = None
    if not is_enrolled(account_id=account_id):
        return HttpResponseRedirect(reverse("second-factor-enrolment"))
    if request.method == "POST":
        try:
            keep_factor(request, prove_second_factor(account_id=account_id, code=request.POST.get("code", "")))
        except (Invalid, Throttled) as refusal:
            fault = refusal
    return _page(request, fault, proved_at=factor_at(request))


@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def enrolment(request: HttpRequest) -> HttpResponse:
    """Show an app's secret until the app has proved that it holds it."""
    account_id = _operator(request)
    if is_enrolled(account_id=account_id):
        return HttpResponseRedirect(reverse("second-factor"))
    fault: Invalid | Throttled | None = None
    offer = request.session.get(_OFFER)
    if offer is None:
        offer = request.session[_OFFER] = offer_totp(account_id=account_id)
    elif request.method == "POST":
        typed = {"password": request.POST.get("password", ""), "code": request.POST.get("code", "")}
        try:
            keep_factor(request, enrol_totp(account_id=account_id, sealed=offer, **typed))
        except (Invalid, Throttled) as refusal:
            fault = refusal
        else:
            del request.session[_OFFER]
            return HttpResponseRedirect(reverse("second-factor"))
    secret, drawing = shown_offer(account_id=account_id, sealed=offer)
    shown = mark_safe(drawing.reveal())  # noqa: S308  drawn by the library from a text it encodes
    return _page(request, fault, offer={"drawing": shown, "secret": secret.reveal()})


def _operator(request: HttpRequest) -> UUID:
    if not isinstance(request.user, Account):
        raise PermissionError("nobody is signed in")
    return request.user.pk


def _page(request: HttpRequest, fault: Invalid | Throttled | None, **context: Any) -> HttpResponse:
    status = 429 if isinstance(fault, Throttled) else 200
    return render(request, "governance/second_factor.html", {"fault": fault, **context}, status=status)
