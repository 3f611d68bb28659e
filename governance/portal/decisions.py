"""Why something was refused, on a page: which rule decided, which lost, what is missing, what to do next."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from governance.explaining import explain
from governance.operators.choice import operator_caller


@never_cache
@require_safe
@login_required
def decision(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Show one decision to whoever it was about, or who reads the book."""
    found = explain(operator_caller(request), decision_id, now=timezone.now())
    return render(request, "portal/decision.html", {"decision": found})
