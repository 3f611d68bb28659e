"""People in the console: found by id or by an exact value, shown in counts and states, with what may be done."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from governance.errors import GovernanceError, Refused, Unavailable
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, CONFIGURE, may, require
from userstore.actions.holds import LONGEST_REASON, place_hold
from userstore.actions.people import look_at_person
from userstore.console.finding import ERASE, forms_of_search, found_by_value, page, person_named, said


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Ask whom to show; on POST find somebody by a value of theirs."""
    require(request, ERASE)
    return _ask(request, **(found_by_value(request) if request.method == "POST" else {}))


@never_cache
@require_POST
def person(request: HttpRequest) -> HttpResponse:
    """Show one person."""
    require(request, ERASE)
    return _show(request)


@sensitive_post_parameters()
@never_cache
@require_POST
def hold_person(request: HttpRequest) -> HttpResponse:
    """Place a legal hold on one person, and show it."""
    require(request, ERASE)
    require(request, CONFIGURE)
    try:
        hold = place_hold(
            operator_caller(request), subject_id=person_named(request), reason=request.POST.get("reason", "")
        )
    except (Refused, Unavailable):
        raise
    except GovernanceError as fault:
        return _show(request, hold_fault=said(fault))
    messages.success(request, "Nothing of this person is destroyed until the hold is released.")
    return HttpResponseRedirect(reverse("admin:userstore_legalhold_change", args=[hold.pk]))


def _ask(request: HttpRequest, **context: Any) -> HttpResponse:
    forms = forms_of_search(request, search="people", one="person", done="Show")
    return page(request, "userstore/people.html", title="People", **forms, **context)


def _show(request: HttpRequest, *, hold_fault: str = "") -> HttpResponse:
    try:
        shown = look_at_person(operator_caller(request), subject_id=person_named(request))
    except (Refused, Unavailable):
        raise
    except GovernanceError as fault:
        return _ask(request, id_fault=said(fault))
    return page(
        request,
        "userstore/person.html",
        title="Person",
        person=shown,
        may_hold=may(request, CONFIGURE),
        reads_book=may(request, AUDIT),
        longest=LONGEST_REASON,
        hold_fault=hold_fault,
    )
