"""The staff directory that the analysis knows: who is in it, and a form that takes in another one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from governance.actions.staff import take_in_staff
from governance.models import StaffMember
from governance.operators.choice import operator_caller
from governance.operators.definitions import PROTECTED
from governance.operators.permission import CONFIGURE, environment_of, require, standing_for
from governance.staff_files import COLUMNS, StaffFileUnfit
from keyring.walls import in_environment

PAGE = 100


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def staff(request: HttpRequest) -> HttpResponse:
    """List the directory; on POST take in the file that was pasted, whole or not at all."""
    require(request, CONFIGURE)
    faults: list[Any] = []
    if request.method == "POST":
        try:
            told = take_in_staff(operator_caller(request), text=request.POST.get("csv", ""), source="console")
        except StaffFileUnfit as unfit:
            faults = unfit.faults
        else:
            messages.success(
                request,
                f"The directory has {told['members']} members: {told['added']} added, {told['changed']} changed, "
                f"{told['ended']} ended.",
            )
            return HttpResponseRedirect(reverse("staff"))
    with in_environment(environment_of(request)):
        page = Paginator(StaffMember.objects.select_related("account", "manager"), PAGE).get_page(request.GET.get("p"))
        context = {
            "title": "Staff directory",
            "rows": [(member, _leave_of(member)) for member in page.object_list],
            "page": page,
            "columns": ", ".join(COLUMNS),
            "faults": faults,
            "drafting": PROTECTED if standing_for(request).is_protected else "",
            "typed": request.POST.get("csv", "") if faults else "",
        }
    return render(request, "governance/staff.html", {**admin.site.each_context(request), **context})


def _leave_of(member: StaffMember) -> list[tuple[date, date]]:
    """Return somebody's leave, the latest first."""
    return sorted(((date.fromisoformat(first), date.fromisoformat(last)) for first, last in member.leave), reverse=True)
