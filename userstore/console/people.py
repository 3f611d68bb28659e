"""People in the console: found by id or by an exact value, shown in counts and states, with what may be done.

Ids and values that are typed travel in the body of a request, never in an address.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from governance.errors import GovernanceError, Invalid, Refused, Unavailable
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, CONFIGURE, may, require, standing_for
from userstore.actions.erasure_preview import find_subjects
from userstore.actions.holds import LONGEST_REASON, place_hold
from userstore.actions.people import look_at_person
from userstore.definitions import definitions_of

ERASE = "erase"


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Ask whom to show; on POST find somebody by a value of theirs."""
    require(request, ERASE)
    if request.method == "GET":
        return _ask(request)
    try:
        found = find_subjects(
            operator_caller(request),
            column_id=_id(request.POST.get("column", ""), field="column", wanted="Choose the column of the value."),
            value=request.POST.get("value", ""),
        )
    except (Refused, Unavailable):
        raise
    except GovernanceError as fault:
        return _ask(request, fault=_said(fault))
    return _ask(request, found=found)


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
        hold = place_hold(operator_caller(request), subject_id=_person(request), reason=request.POST.get("reason", ""))
    except (Refused, Unavailable):
        raise
    except GovernanceError as fault:
        return _show(request, hold_fault=_said(fault))
    messages.success(request, "Nothing of this person is destroyed until the hold is released.")
    return HttpResponseRedirect(reverse("admin:userstore_legalhold_change", args=[hold.pk]))


def _ask(request: HttpRequest, **context: Any) -> HttpResponse:
    """Show the forms; of what was typed only the id stays in them."""
    definitions = definitions_of(standing_for(request))
    columns = [column for column in definitions.by_pk.values() if not column.is_system and column.is_looked_up]
    return _page(
        request,
        "userstore/people.html",
        title="People",
        columns=sorted(columns, key=lambda column: column.name),
        asked_user=request.POST.get("user", ""),
        asked_column=request.POST.get("column", ""),
        **context,
    )


def _show(request: HttpRequest, *, hold_fault: str = "") -> HttpResponse:
    try:
        shown = look_at_person(operator_caller(request), subject_id=_person(request))
    except (Refused, Unavailable):
        raise
    except GovernanceError as fault:
        return _ask(request, id_fault=_said(fault))
    return _page(
        request,
        "userstore/person.html",
        title="Person",
        person=shown,
        may_hold=may(request, CONFIGURE),
        reads_book=may(request, AUDIT),
        longest=LONGEST_REASON,
        hold_fault=hold_fault,
    )


def _person(request: HttpRequest) -> UUID:
    return _id(request.POST.get("user", ""), field="user", wanted="This is no id of a person.")


def _id(text: str, *, field: str, wanted: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        raise Invalid(wanted, field=field) from None


def _said(fault: GovernanceError) -> str:
    return f"{fault} {fault.remedy or ''}".strip()


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
