"""Asking for a record: through what, of whom, which columns, for how long and why; and what it would show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.actions.access_requests import Wish, declare_emergency, submit_request
from governance.breakglass.reasons import EMERGENCY_REASONS, REASONS
from governance.breakglass.terms import AccessTerms, terms_of
from governance.catalogue import Requestable, requestables
from governance.errors import GovernanceError, Invalid, NotFound
from governance.explaining import Reason, meaning_of
from governance.models import AccessRequest, Grant
from governance.observation import address_of
from governance.operators.choice import operator_caller
from governance.operators.faults import Fault, page, said, typed_id, typed_ids, typed_number
from governance.operators.permission import environment_of, standing_for
from governance.operators.second_factors import address_with_way_back, factor_at
from governance.rights import effective_rights
from keyring.walls import in_environment
from userstore.actions.finding import find_person
from userstore.definitions import ColumnDefinition, definitions_of
from userstore.portal.record import VIA
from userstore.reading.calls import CallContext
from userstore.reading.foretelling import rules_against


@never_cache
@require_safe
@login_required
def choose_accessor(request: HttpRequest) -> HttpResponse:
    """Show what the operator may ask for; where it is one thing, go on to it."""
    with in_environment(environment_of(request)):
        found = [each for each in requestables().all() if each.is_by_id and may_ask(request, each)]
    if len(found) == 1:
        return HttpResponseRedirect(reverse("access-ask", args=[found[0].resource.public_id]))
    return page(request, "portal/choose.html", {"accessors": found})


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_request(request: HttpRequest, accessor_id: UUID) -> HttpResponse:
    """Take a request: preview it, send it, or declare an emergency."""
    with in_environment(environment_of(request)):
        asked = asked_for(request, accessor_id)
        terms = _terms(accessor_id)
    if request.method != "POST":
        return _form(request, asked, terms)
    try:
        wish = _wish(request, asked)
        match request.POST.get("step"):
            case "preview":
                return _form(request, asked, terms, preview=wish)
            case "emergency":
                grant = declare_emergency(operator_caller(request), wish, factor_at=factor_at(request))
                request_id = grant.request_id
            case _:
                request_id = submit_request(operator_caller(request), wish).id
    except GovernanceError as error:
        fault = Fault.of(error)
        if fault.needs_factor:
            messages.info(request, _("Confirm that it is you first, then declare the emergency."))
            return HttpResponseRedirect(address_with_way_back("second-factor-confirm", request.path))
        return _form(request, asked, terms, fault=fault)
    messages.success(request, _("Sent. This page shows what happens to it."))
    return HttpResponseRedirect(reverse("access-request", args=[request_id]))


@sensitive_post_parameters()
@never_cache
@require_POST
@login_required
def find(request: HttpRequest, accessor_id: UUID) -> HttpResponse:
    """Find one person by an exact value; the answer says that there is one, and nothing of them."""
    try:
        column = request.POST.get("column", "")
        subject_id = find_person(
            operator_caller(request),
            accessor_id=accessor_id,
            column_id=typed_id(column, "column") if column else None,
            value=request.POST.get("value", ""),
        )
    except GovernanceError as error:
        return render(request, "portal/found.html", {"fault": Fault.of(error)})
    return render(request, "portal/found.html", {"subject_id": subject_id})


@sensitive_post_parameters()
@require_POST
@login_required
def extend(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Ask for more time of what was granted, as a new request that follows it."""
    address = reverse("access-request", args=[request_id])
    with in_environment(environment_of(request)):
        wish = _extension(request, request_id)
    try:
        wish = replace(wish, minutes=typed_number(request.POST.get("minutes", ""), "minutes"))
        extension = submit_request(operator_caller(request), wish)
    except GovernanceError as error:
        messages.error(request, said(error))
        return HttpResponseRedirect(address)
    messages.success(request, _("Sent. Until it is decided, your access ends when it would have ended."))
    return HttpResponseRedirect(reverse("access-request", args=[extension.id]))


def asked_for(request: HttpRequest, accessor_id: UUID) -> Requestable:
    """Return what is asked for; `NotFound` where the operator may not ask for it. Must run inside the environment."""
    found = requestables().find(accessor_id)
    if found is None or not found.is_by_id or not may_ask(request, found):
        raise NotFound("There is nothing of this kind to ask for.", field="accessor")
    return found


def may_ask(request: HttpRequest, found: Requestable) -> bool:
    """Whether the operator may ask for access through this."""
    return effective_rights(
        standing=standing_for(request),
        caller=operator_caller(request),
        operation="request",
        resource=found.resource,
        now=timezone.now(),
    ).allowed


def _terms(accessor_id: UUID) -> AccessTerms | None:
    try:
        return terms_of(accessor_id)
    except Invalid:
        return None


def _wish(request: HttpRequest, asked: Requestable) -> Wish:
    sent = request.POST
    purposes = sorted(asked.purposes)
    return Wish(
        accessor_id=asked.resource.public_id,
        purpose=purposes[0] if len(purposes) == 1 else typed_id(sent.get("purpose", ""), "purpose"),
        subject_ids=_people(sent.getlist("subjects")),
        columns=typed_ids(sent.getlist("columns"), "columns"),
        minutes=typed_number(sent.get("minutes", ""), "minutes"),
        reason=sent.get("reason", ""),
        justification=sent.get("justification", "").strip(),
        ticket=sent.get("ticket", "").strip(),
    )


def _people(sent: list[str]) -> list[UUID]:
    if not sent:
        raise Invalid("Find the person first.", field="subjects")
    return typed_ids(sent, "subjects")


def _extension(request: HttpRequest, request_id: UUID) -> Wish:
    caller = operator_caller(request)
    row = AccessRequest.objects.select_related("purpose").filter(pk=request_id, grantee=caller.account_id).first()
    grant = Grant.objects.filter(request=row).first() if row else None
    if row is None or grant is None:
        raise NotFound("There is no such access of yours.", field="request")
    people = row.subjects.filter(is_excluded=False).values_list("subject_id", flat=True)
    return Wish(
        accessor_id=row.accessor_id,
        purpose=row.purpose.public_id,
        subject_ids=list(people),
        columns=list(grant.columns),
        minutes=grant.minutes,
        reason=row.reason,
        justification=request.POST.get("justification", "").strip(),
        ticket=row.ticket,
        extends=row.pk,
    )


def _against(request: HttpRequest, asked: Requestable) -> list[Reason]:
    """What of the access policy would let nothing through to this person, whoever they ask for."""
    context = CallContext(address=address_of(request), via=VIA)
    rules = rules_against(operator_caller(request), asked.resource.public_id, context, now=timezone.now())
    return [meaning_of(rule) for rule in rules]


def _form(
    request: HttpRequest,
    asked: Requestable,
    terms: AccessTerms | None,
    *,
    fault: Fault | None = None,
    preview: Wish | None = None,
) -> HttpResponse:
    definitions = definitions_of(standing_for(request))
    columns = [
        (column, name, definitions.by_public_id[column].pii_category)
        for column, name in asked.columns.items()
        if column in definitions.by_public_id
    ]
    most = int(terms.longest.total_seconds() // 60) if terms else 0
    context: dict[str, Any] = {
        "asked": asked,
        "terms": terms,
        "columns": columns,
        "searchable": searchable_columns(request),
        "minutes": [minutes for minutes in (5, 15, 30, 60, 120, 240, 480) if minutes <= most] or [most],
        "reasons": REASONS,
        "emergency_reasons": EMERGENCY_REASONS,
        "may_declare": terms is not None and terms.lets_declare(operator_caller(request).group_ids),
        "purposes": purposes_of(request, asked),
        "sent": request.POST,
        "sent_columns": request.POST.getlist("columns"),
        "sent_subjects": request.POST.getlist("subjects"),
        "preview": preview,
        "against": _against(request, asked),
        "preview_columns": [name for column, name, _ in columns if preview and column in preview.columns],
    }
    return page(request, "portal/ask.html", context, fault=fault)


def searchable_columns(request: HttpRequest) -> list[ColumnDefinition]:
    """Return the columns by whose exact values somebody is found, by name."""
    columns = definitions_of(standing_for(request)).by_pk.values()
    indexed = [each for each in columns if not each.is_system and each.is_looked_up]
    return sorted(indexed, key=lambda column: column.name)


def purposes_of(request: HttpRequest, asked: Requestable) -> list[tuple[UUID, str]]:
    """Return the purposes of what is asked for, with their names."""
    known = standing_for(request).purposes
    return sorted(((each, known[each].name) for each in asked.purposes if each in known), key=lambda pair: pair[1])
