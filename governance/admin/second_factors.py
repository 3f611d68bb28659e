"""Operators' second factors in the console: seen, and reset by another superuser. No page edits one.

allauth's own pages would show what is kept of them, and leave nothing in the book.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.actions.factor_upkeep import reset_second_factors
from governance.factors.enrolled import factors_of
from governance.models import Account
from governance.operators.choice import operator_actor
from governance.operators.decorations import page_action, shown
from governance.operators.second_factors import factor_at

admin.site.unregister([EmailAddress, Authenticator])


class FactorReset:
    """What the page of operators shows of second factors, and does about lost ones."""

    @shown("second factors")
    def second_factors(self, account: Account) -> str:
        rows = account.authenticator_set.all()  # type: ignore[attr-defined]  # allauth's side of the relation
        return ", ".join(sorted(_NAMES[row.type] for row in rows if row.type in _NAMES)) or "none"

    def has_reset_factors_permission(self: Any, request: HttpRequest, object_id: Any = None) -> bool:
        """Nobody resets their own: they remove them one by one, proving another."""
        return self.is_allowed(request) and str(object_id) != str(request.user.pk)

    @page_action("Reset second factors…", icon="phonelink_erase", permissions=["reset_factors"])
    def reset_factors(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first; it takes a fresh second factor of the superuser's own."""
        self.require_allowed(request)
        account = self.get_object(request, object_id)
        if account is None:
            raise Http404
        back = self.address("change", account.pk)
        if request.method == "POST":
            reset_second_factors(
                operator_actor(request), account_id=account.pk, proved_at=factor_at(request), now=timezone.now()
            )
            messages.success(request, f"{account.username} has no second factor any more.")
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Reset second factors",
            "subtitle": account.username,
            "account": account,
            "factors": [(_NAMES[factor.kind], factor.added) for factor in factors_of(account_id=account.pk)],
            "back": back,
        }
        return render(request, "governance/reset_factors.html", context)


_NAMES = {"totp": "authenticator app", "webauthn": "passkey"}
