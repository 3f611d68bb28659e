"""The months of the book: which there are, which go when, and what holds them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audit.actions.months import LONGEST_MATTER, hold_month, release_month
from audit.errors import MonthRefused
from audit.retention import kept_months
from governance.operators.choice import operator_actor
from governance.operators.permission import AUDIT, CONFIGURE, manages_operators, may, require, require_management
from governance.operators.second_factors import require_proof
from governance.queries import names_of_ids


@never_cache
@require_http_methods(["GET", "POST"])
def book_months(request: HttpRequest) -> HttpResponse:
    """Show the months; on POST hold one or release a hold, on record.

    A month has the entries of all environments. So whoever configures one may have it stay, and only superusers, with
    a second factor that they have just proved, may let go of it: what then goes does not come back.
    """
    if request.method == "POST":
        return _released(request) if "hold" in request.POST else _held(request)
    require(request, AUDIT)
    months = kept_months(now=timezone.now())
    names = names_of_ids(hold.held_by for month in months for hold in month.holds)
    context = {
        "title": "Months of the book",
        "months": [
            {"at": month, "holds": [(hold, names.get(str(hold.held_by), "")) for hold in month.holds]}
            for month in months
        ],
        "keep": settings.AUDIT_KEEP_MONTHS,
        "may_hold": may(request, CONFIGURE),
        "may_release": manages_operators(request),
        "longest": LONGEST_MATTER,
    }
    return render(request, "governance/book_months.html", {**admin.site.each_context(request), **context})


def _held(request: HttpRequest) -> HttpResponse:
    require(request, CONFIGURE)
    try:
        month = date.fromisoformat(request.POST.get("month", ""))
        hold_month(operator_actor(request), month=month, matter=request.POST.get("matter", ""))
    except (ValueError, MonthRefused) as fault:
        messages.error(request, _sentence(fault) if isinstance(fault, MonthRefused) else "Choose a month.")
    else:
        messages.success(request, f"{month:%B %Y} stays, whatever its age, until the hold is released.")
    return HttpResponseRedirect(reverse("book-months"))


def _released(request: HttpRequest) -> HttpResponse:
    require_management(request)
    require_proof(request)
    try:
        release_month(
            operator_actor(request), hold_id=UUID(request.POST["hold"]), reference=request.POST.get("reference", "")
        )
    except (ValueError, MonthRefused) as fault:
        messages.error(request, _sentence(fault) if isinstance(fault, MonthRefused) else "There is no such hold.")
    else:
        messages.success(request, "The hold is released, and the book says so.")
    return HttpResponseRedirect(reverse("book-months"))


def _sentence(fault: MonthRefused) -> str:
    text = str(fault)
    return f"{text[:1].upper()}{text[1:]}."
