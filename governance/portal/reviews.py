"""Looking back at grants: what was asked for, what was granted, what was used, and what to say about it."""

from __future__ import annotations

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
from django.views.decorators.http import require_http_methods, require_safe

from governance.access_queries import review_seen, reviews_concluded, reviews_unconcluded
from governance.access_use import use_of_grant
from governance.actions.access_reviews import claim_review, conclude_review, refer_review
from governance.errors import GovernanceError, Invalid, NotFound
from governance.operators.choice import operator_caller
from governance.operators.faults import Fault, page
from governance.operators.permission import AUDIT, require

CONCLUDED_SHOWN = 50


@never_cache
@require_safe
@login_required
def reviews(request: HttpRequest) -> HttpResponse:
    """Show what is to be looked back at, the most overdue first."""
    require(request, AUDIT)
    caller, now = operator_caller(request), timezone.now()
    concluded = reviews_concluded(caller, now)
    context = {
        "open": reviews_unconcluded(caller, now),
        "concluded": concluded[:CONCLUDED_SHOWN],
        "more": len(concluded[CONCLUDED_SHOWN:]),
    }
    return page(request, "portal/reviews.html", context)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def review(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Show one grant beside how it was used, and take the verdict."""
    require(request, AUDIT)
    if request.method != "POST":
        return _shown(request, review_id)
    caller, comment = operator_caller(request), request.POST.get("comment", "")
    try:
        match request.POST.get("step"):
            case "claim":
                claim_review(caller, review_id=review_id)
            case "refer":
                refer_review(caller, review_id=review_id, comment=comment)
            case "conclude":
                verdict = request.POST.get("verdict", "")
                conclude_review(caller, review_id=review_id, verdict=verdict, comment=comment)
            case _:
                raise Invalid("Choose what to do.", field="step")
    except NotFound:
        raise
    except GovernanceError as error:
        return _shown(request, review_id, fault=Fault.of(error))
    messages.success(request, _("Noted."))
    return HttpResponseRedirect(reverse("access-review", args=[review_id]))


def _shown(request: HttpRequest, review_id: UUID, *, fault: Fault | None = None) -> HttpResponse:
    caller = operator_caller(request)
    found = review_seen(caller, review_id, timezone.now())
    if found.request is None:
        raise NotFound("There is no such review.", field="review")
    used = use_of_grant(caller, found.row.grant)
    granted = found.grant.columns
    asked = found.request.columns.items()
    context = {
        "review": found,
        "seen": found.request,
        "used": used,
        "columns": [(name, column in granted, name in used.columns) for column, name in asked],
    }
    return page(request, "portal/review.html", context, fault=fault)
