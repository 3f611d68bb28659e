"""The e-mail address at which somebody gets their own notices."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from governance.actions.addresses import masked_address, set_own_address
from governance.console.second_factors import signed_in
from governance.errors import GovernanceError, Refused
from governance.factors.enrolled import is_enrolled
from governance.notices import mail
from governance.operators.second_factors import factor_at


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own_address(request: HttpRequest) -> HttpResponse:
    """Show one's address, masked; on POST take another one, or none."""
    account, fault, is_done = signed_in(request), None, False
    if request.method == "POST":
        try:
            account = set_own_address(
                account_id=account.pk,
                address="" if request.POST.get("forget") else request.POST.get("email", ""),
                password=request.POST.get("password", ""),
                proved_at=factor_at(request),
                now=timezone.now(),
            )
        except Refused:
            raise
        except GovernanceError as error:
            fault = error
        else:
            is_done = True
    context = {
        "address": masked_address(account),
        "asks_password": not is_enrolled(account_id=account.pk),
        "has_mail": mail.is_configured(),
        "done": is_done,
        "fault": fault,
    }
    return render(request, "governance/own_address.html", context)
