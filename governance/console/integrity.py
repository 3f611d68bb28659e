"""Whether the book is whole: how far it is sealed, who cosigned that, and a verification that one click starts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from audit.actions.verifying import last_whole
from audit.integrity.seals import last_seals, witnesses_seen
from audit.integrity.state import sealing
from audit.models import Verification
from audit.models.verification import UNDER_WAY
from governance.actions.verifying import ask_verification
from governance.errors import GovernanceError, Refused
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, environment_of, require
from governance.queries import names_of_ids
from keyring.walls import in_environment

SEALS, EARLIER = 20, 10
"""How many checkpoints, and how many earlier verifications, the page shows."""


@never_cache
@require_http_methods(["GET", "POST"])
def integrity(request: HttpRequest) -> HttpResponse:
    """Show how far the book is sealed and what verifications came to; on POST have it verified, on record."""
    require(request, AUDIT)
    now = timezone.now()
    if request.method == "POST":
        try:
            ask_verification(operator_caller(request), is_everything=request.POST.get("what") == "everything", now=now)
        except Refused:
            raise
        except GovernanceError as fault:
            messages.error(request, str(fault))
        return HttpResponseRedirect(reverse("book-integrity"))
    state, seals = sealing(), last_seals(SEALS)
    lag = state.lag(now)
    with in_environment(environment_of(request)):
        rows = list(Verification.objects.order_by("-asked_at")[: EARLIER + 1])
        names = names_of_ids(row.asked_by for row in rows)
        whole = last_whole()
    shown = [_shown(row, names) for row in rows]
    return _page(
        request,
        "integrity",
        title="Is the book whole?",
        sealing={
            "code": state.code(now),
            "size": state.size,
            "turned_at": state.turned_at,
            "told": state.witness_trouble,
        },
        lag=None if lag is None else round(lag.total_seconds(), 1),
        trouble=state.trouble,
        seal=seals[0] if seals else None,
        seals=seals,
        witnesses=[{"seen": each, "behind": max(0, state.size - each.size)} for each in witnesses_seen()],
        last=shown[0] if shown else None,
        earlier=shown[1:],
        since=whole.size if whole else 0,
    )


@never_cache
@require_GET
def integrity_progress(request: HttpRequest, verification_id: UUID) -> HttpResponse:
    """Show how far a verification is; once it ends, or stands still, the whole page is asked for again."""
    require(request, AUDIT)
    with in_environment(environment_of(request)):
        row = Verification.objects.filter(id=verification_id).first()
        if row is None:
            raise Http404
        names = names_of_ids([row.asked_by])
    answer = render(request, "governance/verification.html", {"row": _shown(row, names)})
    if row.state not in UNDER_WAY or row.is_silent(timezone.now()):
        answer["HX-Refresh"] = "true"
    return answer


def _shown(row: Verification, names: dict[str, str]) -> dict[str, Any]:
    is_silent = row.is_silent(timezone.now())
    return {
        "id": row.id,
        "state": row.state,
        "is_under_way": row.state in UNDER_WAY and not is_silent,
        "is_silent": is_silent,
        "first": row.first,
        "size": row.size,
        "done": row.done,
        "percent": row.percent,
        "root": row.root,
        "asked_at": row.asked_at,
        "ended_at": row.ended_at,
        "seconds": round((row.ended_at - row.asked_at).total_seconds(), 1) if row.ended_at else None,
        "who": names.get(str(row.asked_by), ""),
        "first_bad": row.first_bad,
        "last_bad": row.first_bad_until - 1 if row.first_bad_until is not None else None,
        "findings": [each for each in row.told if isinstance(each, dict)],
        "troubles": [each for each in row.told if isinstance(each, str)],
    }


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"governance/{name}.html", {**admin.site.each_context(request), **context})
