"""Enrolling second factors: an app that shows codes, and passkeys."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from governance.actions.passkeys import ask_for_passkey, enrol_passkey
from governance.actions.second_factors import enrol_totp, may_add_factor, offer_totp, shown_offer
from governance.console.second_factors import codes_page, factor_page, signed_in
from governance.errors import Conflict, GovernanceError, Invalid, Throttled
from governance.factors import passkeys
from governance.factors.enrolled import has_app, is_enrolled, recovery_codes_left
from governance.factors.proofs import Proof
from governance.models import Account
from governance.operators.second_factors import factor_at, keep_factor, keep_question, take_challenge, way_back

_OFFER, _OFFERED_AT = "second_factor_offer", "second_factor_offered_at"
_OFFER_STANDS = timedelta(hours=1)


@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def enrol_app(request: HttpRequest) -> HttpResponse:
    """Show an app's secret until the app has proved that it holds it."""
    account = signed_in(request)
    fault: GovernanceError | None = None
    if has_app(account_id=account.pk):
        return HttpResponseRedirect(reverse("second-factor"))
    may_add_factor(account_id=account.pk, proved_at=factor_at(request), now=timezone.now())
    offer = _standing_offer(request)
    if offer is None:
        offer = _new_offer(request, account)
    elif request.method == "POST":
        try:
            proof = enrol_totp(
                account_id=account.pk,
                sealed=offer,
                code=request.POST.get("code", ""),
                password=request.POST.get("password", ""),
                proved_at=factor_at(request),
                now=timezone.now(),
            )
        except (Invalid, Throttled, Conflict) as refusal:
            fault = refusal
        else:
            _drop_offer(request)
            return _enrolled(request, account, proof)
    secret, drawing = shown_offer(account_id=account.pk, sealed=offer)
    shown = mark_safe(drawing.reveal())  # noqa: S308  drawn by the library from a text it encodes
    context = {"drawing": shown, "secret": secret.reveal(), "is_first": not is_enrolled(account_id=account.pk)}
    return factor_page(request, "governance/second_factor_app.html", fault, **context)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def enrol_key(request: HttpRequest) -> HttpResponse:
    """Ask the browser for a passkey, and take it."""
    account = signed_in(request)
    fault: GovernanceError | None = None
    may_add_factor(account_id=account.pk, proved_at=factor_at(request), now=timezone.now())
    if request.method == "POST":
        try:
            proof = enrol_passkey(
                account_id=account.pk,
                name=request.POST.get("name", ""),
                answer=request.POST.get("passkey", ""),
                challenge=take_challenge(request),
                password=request.POST.get("password", ""),
                proved_at=factor_at(request),
                now=timezone.now(),
            )
        except (Invalid, Throttled, Conflict) as refusal:
            fault = refusal
        else:
            return _enrolled(request, account, proof)
    question = ask_for_passkey(account_id=account.pk)
    keep_question(request, question)
    context = {
        "options": json.dumps(question.options),
        "origin": passkeys.origin(),
        "is_possible": passkeys.are_possible(),
        "is_first": not is_enrolled(account_id=account.pk),
    }
    return factor_page(request, "governance/second_factor_passkey.html", fault, **context)


def _enrolled(request: HttpRequest, account: Account, proof: Proof) -> HttpResponse:
    """Go on with recovery codes where there are none yet, else to where the operator came from."""
    keep_factor(request, proof)
    if recovery_codes_left(account_id=account.pk) is None:
        return codes_page(request, account.pk)
    return HttpResponseRedirect(way_back(request) or reverse("second-factor"))


def _standing_offer(request: HttpRequest) -> str | None:
    """Return the secret on offer, by the id it is sealed under; old ones are destroyed by the clock."""
    offer, made = request.session.get(_OFFER), request.session.get(_OFFERED_AT)
    if offer is None or made is None:
        return None
    age = timezone.now() - datetime.fromisoformat(made)
    return offer if timedelta(0) <= age <= _OFFER_STANDS else None


def _new_offer(request: HttpRequest, account: Account) -> str:
    offer = request.session[_OFFER] = offer_totp(account_id=account.pk)
    request.session[_OFFERED_AT] = timezone.now().isoformat()
    return offer


def _drop_offer(request: HttpRequest) -> None:
    del request.session[_OFFER], request.session[_OFFERED_AT]
