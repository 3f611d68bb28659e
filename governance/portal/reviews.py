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

from governance.access_use import use_of_grant
from governance.actions.access_reviews import claim_review, conclude_review, refer_review
from governance.breakglass.machines import CLAIMED, OPEN
from governance.errors import GovernanceError, Invalid, NotFound
from governance.models import Review
from governance.operators.choice import operator_caller
from governance.operators.faults import Fault, page
from governance.operators.permission import AUDIT, environment_of, require, standing_for
from governance.operators.seen_requests import seen
from keyring.walls import in_environment


@never_cache
@require_safe
@login_required
def reviews(request: HttpRequest) -> HttpResponse:
    """Show what is to be looked back at, the most overdue first."""
    require(request, AUDIT)
    now = timezone.now()
    with in_environment(environment_of(request)):
        rows = list(Review.objects.select_related("grant__grantee", "reviewer").order_by("due_at")[:200])
    context = {
        "open": [(row, row.due_at <= now) for row in rows if row.state in {OPEN, CLAIMED}],
        "concluded": [row for row in reversed(rows) if row.state not in {OPEN, CLAIMED}],
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
    standing = standing_for(request)
    with in_environment(environment_of(request)):
        row = Review.objects.select_related("grant__request", "reviewer").filter(pk=review_id).first()
        if row is None:
            raise NotFound("There is no such review.", field="review")
        (found,) = seen([row.grant.request], standing)
        comment = row.comment.reveal() if row.comment is not None else ""
    used = use_of_grant(operator_caller(request), row.grant).columns
    context = {
        "review": row,
        "seen": found,
        "is_overdue": row.state in {OPEN, CLAIMED} and row.due_at <= timezone.now(),
        "is_mine": row.reviewer_id == operator_caller(request).account_id,
        "comment": comment,
        "columns": [(name, column in row.grant.columns, name in used) for column, name in found.asked],
    }
    return page(request, "portal/review.html", context, fault=fault)
