"""Where owners keep and retire the rights of an environment, and the list of rights that nobody uses."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from governance.actions.rights_reviews import decide_rights
from governance.breakglass.reasons import LONGEST_TEXT
from governance.errors import GovernanceError, Refused
from governance.held_rights import unused_rights
from governance.models import RightsReview, RightsReviewPlan
from governance.models.rights_reviews import KEEP
from governance.operators.choice import operator_caller
from governance.operators.permission import CONFIGURE, environment_of, may, record_refused_page, require
from governance.operators.reviewing import may_review
from governance.operators.second_factors import require_proof
from governance.rights_review_queries import reviews_open, verdicts_of
from keyring.walls import in_environment

LONGEST_UNUSED = 3660
_USUAL = 90
_SHOWN_ROUNDS = 12


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def rights_review(request: HttpRequest) -> HttpResponse:
    """Show the open reviews; on POST keep or retire the chosen rights of one, all of them or none."""
    if not may_review(request):
        require(request, CONFIGURE)
    if request.method == "POST":
        require_proof(request)
        return _decided(request)
    caller, now = operator_caller(request), timezone.now()
    with in_environment(environment_of(request)):
        plan = RightsReviewPlan.objects.select_related("owner", "owner_group").first()
        rounds = [(row, verdicts_of(row)) for row in RightsReview.objects.exclude(closed_at=None)[:_SHOWN_ROUNDS]]
        context = {
            "title": "Review of rights",
            "plan": plan,
            "reviews": reviews_open(caller, now=now),
            "rounds": [(row, found.get("keep", 0), found.get("retire", 0)) for row, found in rounds],
            "may_configure": may(request, CONFIGURE),
            "longest": LONGEST_TEXT,
        }
        return render(request, "governance/rights_review.html", {**admin.site.each_context(request), **context})


@require_GET
def rights_unused(request: HttpRequest) -> HttpResponse:
    """List the rights that allowed nothing for some days, each with the way to withdraw it."""
    require(request, CONFIGURE)
    days = _days(request.GET.get("days", ""))
    with in_environment(environment_of(request)):
        unused = unused_rights(days=days, now=timezone.now())
        context = {"title": "Unused rights", "unused": unused, "days": days, "longest": LONGEST_UNUSED}
        return render(request, "governance/rights_unused.html", {**admin.site.each_context(request), **context})


def _decided(request: HttpRequest) -> HttpResponse:
    caller = operator_caller(request)
    verdict, chosen = _asked(request)
    try:
        number = decide_rights(caller, reviewed=chosen, verdict=verdict, comment=request.POST.get("comment", ""))
    except Refused as refused:
        # The action's own record went with its transaction.
        record_refused_page(request, CONFIGURE, refused)
        messages.error(request, f"{refused} {refused.remedy or ''}".strip())
    except GovernanceError as fault:
        messages.error(request, f"{fault} {fault.remedy or ''}".strip())
    else:
        done = "kept" if verdict == KEEP else "retired"
        messages.success(
            request, f"{number} {'right is' if number == 1 else 'rights are'} {done}, and the book says so."
        )
    return HttpResponseRedirect(reverse("rights-review"))


def _asked(request: HttpRequest) -> tuple[str, list[UUID]]:
    """Return the verdict and the rights it is about: the ticked ones, or every one of a review that they may keep."""
    if "all" not in request.POST:
        return request.POST.get("verdict", ""), [UUID(each) for each in request.POST.getlist("right") if _is_id(each)]
    with in_environment(environment_of(request)):
        reviews = reviews_open(operator_caller(request), now=timezone.now())
    asked = request.POST["all"]
    return KEEP, [
        each.row.pk for seen in reviews if str(seen.row.pk) == asked for each in seen.waiting if not each.is_own
    ]


def _days(text: str) -> int:
    return min(int(text), LONGEST_UNUSED) if text.isascii() and text.isdigit() and text != "0" else _USUAL


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
