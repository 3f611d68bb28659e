"""One's own second factors: what there is, and proving with one of them that it is still oneself."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from governance.actions.factor_upkeep import make_recovery_codes, remove_factor
from governance.actions.passkeys import ask_passkey, prove_passkey, rename_passkey
from governance.actions.second_factors import prove_second_factor
from governance.errors import Conflict, GovernanceError, Invalid, Throttled
from governance.factors import passkeys
from governance.factors.enrolled import factors_of, has_app, is_enrolled, recovery_codes_left
from governance.factors.proofs import Proof
from governance.models import Account
from governance.operators.second_factors import (
    address_with_way_back,
    factor_at,
    keep_factor,
    keep_question,
    take_challenge,
    told_of_reset,
    way_back,
)


@never_cache
@require_http_methods(["GET", "HEAD"])
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Show the operator's factors, and the ways to another one."""
    account = signed_in(request)
    return render(
        request,
        "governance/second_factors.html",
        {
            "factors": factors_of(account_id=account.pk),
            "has_app": has_app(account_id=account.pk),
            "codes_left": recovery_codes_left(account_id=account.pk),
            "may_have_passkeys": passkeys.are_possible(),
            "was_reset": told_of_reset(account, now=timezone.now()),
            "next": way_back(request),
        },
    )


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Take a proof of a second factor, and go back to what asked for it."""
    account_id = signed_in(request).pk
    fault: GovernanceError | None = None
    if not is_enrolled(account_id=account_id):
        return HttpResponseRedirect(address_with_way_back("second-factor", way_back(request)))
    if request.method == "POST":
        try:
            keep_factor(request, _proved(request, account_id))
        except (Invalid, Throttled) as refusal:
            fault = refusal
        else:
            messages.success(request, _("It is you. If you had asked for something, ask again: nothing was done yet."))
            return HttpResponseRedirect(way_back(request) or reverse("second-factor"))
    question = ask_passkey(account_id=account_id)
    if question is not None:
        keep_question(request, question)
    context = {
        "question": question,
        "options": question and json.dumps(question.options),
        "origin": passkeys.origin(),
        "has_app": has_app(account_id=account_id),
        "codes_left": recovery_codes_left(account_id=account_id),
        "proved_at": factor_at(request),
    }
    return factor_page(request, "governance/second_factor_confirm.html", fault, **context)


def _proved(request: HttpRequest, account_id: UUID) -> Proof:
    if answer := request.POST.get("passkey"):
        return prove_passkey(account_id=account_id, answer=answer, challenge=take_challenge(request))
    return prove_second_factor(account_id=account_id, code=request.POST.get("code", ""))


@require_POST
@login_required
def rename(request: HttpRequest, authenticator: int) -> HttpResponse:
    """Give a passkey of one's own another name."""
    try:
        rename_passkey(
            account_id=signed_in(request).pk,
            authenticator=authenticator,
            name=request.POST.get("name", ""),
            proved_at=factor_at(request),
            now=timezone.now(),
        )
    except Invalid as invalid:
        messages.error(request, str(invalid))
    return HttpResponseRedirect(reverse("second-factor"))


@require_POST
@login_required
def remove(request: HttpRequest, authenticator: int) -> HttpResponse:
    """Take away a factor of one's own."""
    account_id = signed_in(request).pk
    try:
        remove_factor(
            account_id=account_id, authenticator=authenticator, proved_at=factor_at(request), now=timezone.now()
        )
    except Conflict as conflict:
        messages.error(request, f"{conflict} {conflict.remedy or ''}".strip())
    else:
        messages.success(request, _("The factor is removed. It confirms nothing any more."))
    return HttpResponseRedirect(reverse("second-factor"))


@sensitive_variables()
@never_cache
@require_POST
@login_required
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make recovery codes and show them on this answer, once."""
    return codes_page(request, signed_in(request).pk)


@sensitive_variables()
def codes_page(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Answer with recovery codes that are made now."""
    codes = make_recovery_codes(account_id=account_id, proved_at=factor_at(request), now=timezone.now())
    context = {"codes": [code.reveal() for code in codes], "next": way_back(request) or reverse("second-factor")}
    return render(request, "governance/recovery_codes.html", context)


def signed_in(request: HttpRequest) -> Account:
    """Return the operator of a page that nobody else reaches."""
    if not isinstance(request.user, Account):
        raise PermissionError("nobody is signed in")
    return request.user


def factor_page(request: HttpRequest, template: str, fault: GovernanceError | None, **context: Any) -> HttpResponse:
    """Render a page of factors, with what went wrong and the way back to what asked for one."""
    status = 429 if isinstance(fault, Throttled) else 200
    return render(request, template, {"fault": fault, "next": way_back(request), **context}, status=status)
