"""Who acts for people on the phone, and the button that ends it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from governance.errors import GovernanceError, Refused
from governance.operators.choice import operator_caller
from governance.operators.faults import said, typed_id
from governance.operators.permission import AUDIT, CONFIGURE, environment_of, may, require
from userstore.actions.ending_calls import stop_proof
from userstore.proving.calls import SeenCall, calls_of
from userstore.proving.endings import REASONS

_BEFORE = timedelta(minutes=2)
"""How much earlier than its code the entries of a call are looked for: clocks differ."""
_AT_LONGEST = timedelta(days=1)
"""How far the book is gone through for a call: what names it is in its bodies alone."""


@never_cache
@require_http_methods(["GET", "POST"])
def phone_calls(request: HttpRequest) -> HttpResponse:
    """List the calls of the last day; on POST end one."""
    require(request, CONFIGURE)
    if request.method == "POST":
        return _ended(request)
    calls = calls_of(environment_of(request), now=timezone.now())
    reads_book = may(request, AUDIT)
    listed = [(call, _in_the_book(call) if reads_book else "") for call in calls]
    context = {
        "title": "On the phone",
        "living": [(call, book) for call, book in listed if call.is_living],
        "over": [(call, book) for call, book in listed if not call.is_living],
        "reasons": REASONS.items(),
    }
    return render(request, "userstore/phone_calls.html", {**admin.site.each_context(request), **context})


def _ended(request: HttpRequest) -> HttpResponse:
    try:
        proof_id = typed_id(request.POST.get("call", ""), "call")
        stop_proof(operator_caller(request), proof_id, why=request.POST.get("why", ""))
    except Refused:
        raise
    except GovernanceError as fault:
        messages.error(request, said(fault))
    else:
        messages.success(request, "The call is ended from the next read on, and the book says so.")
    return HttpResponseRedirect(reverse("phone-calls"))


def _in_the_book(call: SeenCall) -> str:
    """The address of what the book has of a call: its code, every field that was looked at, and its end."""
    begun = call.sent_at - _BEFORE
    asked = {"naming": call.id, "since": begun.isoformat(), "until": (begun + _AT_LONGEST).isoformat()}
    return f"{reverse('book')}?{urlencode(asked)}"
