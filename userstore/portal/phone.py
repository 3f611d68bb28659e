"""A person is on the phone: they are sent a code, read it back, and their own view of their record is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.catalogue import Requestable, requestables
from governance.errors import GovernanceError, Invalid, NotFound
from governance.explaining import Reason, meaning_of
from governance.observation import address_of
from governance.operators.choice import operator_caller
from governance.operators.faults import Fault, page, said, typed_id
from governance.operators.permission import environment_of, standing_for
from governance.operators.second_factors import address_with_way_back, factor_at
from governance.rights import latest_moment
from keyring.walls import in_environment
from userstore.actions.ending_calls import end_proof, own_proof
from userstore.actions.phone import PhoneCall, prove, send_code
from userstore.models import SubjectProof
from userstore.models.proofs import MOST_TRIES
from userstore.portal.asking import asked_for, may_ask, purposes_of, searchable_columns
from userstore.portal.record import VIA, FieldShown, texts_of
from userstore.portal.screen import telling_what_goes
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.demands import UnmaskCall
from userstore.reading.imprints import imprints
from userstore.reading.plan import AccessorPlan, accessor_plan
from userstore.reading.unmasking import reasons_against, unmask


@never_cache
@require_safe
@login_required
def choose_for_phone(request: HttpRequest) -> HttpResponse:
    """Show through what one may act for a person on the phone; where it is one thing, go on to it."""
    with in_environment(environment_of(request)):
        found = [each for each in requestables().all() if each.is_by_id and may_ask(request, each)]
    found = [each for each in found if _takes_codes(_plan(request, each.resource.public_id))]
    if len(found) == 1:
        return redirect("access-phone", found[0].resource.public_id)
    return page(request, "portal/choose_phone.html", {"accessors": found})


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def phone(request: HttpRequest, accessor_id: UUID) -> HttpResponse:
    """Find the person, and have a code sent to them."""
    with in_environment(environment_of(request)):
        asked = asked_for(request, accessor_id)
    if request.method != "POST":
        return _form(request, asked)
    try:
        people = request.POST.getlist("subjects")
        if len(people) != 1:
            raise Invalid("Find the person first.", field="subjects")
        purposes = purposes_of(request, asked)
        purpose = purposes[0][0] if len(purposes) == 1 else typed_id(request.POST.get("purpose", ""), "purpose")
        call = PhoneCall(accessor_id, typed_id(people[0], "subjects"), purpose, _context(request))
        proof = send_code(operator_caller(request), call)
    except GovernanceError as error:
        return _form(request, asked, fault=Fault.of(error))
    return redirect("access-phone-call", proof.pk)


@never_cache
@require_safe
@login_required
def phone_call(request: HttpRequest, proof_id: UUID) -> HttpResponse:
    """Show where a call stands: the code is waited for, the record is open, or it is over."""
    return _page(request, _own(request, proof_id))


@sensitive_post_parameters()
@never_cache
@require_POST
@login_required
def read_back(request: HttpRequest, proof_id: UUID) -> HttpResponse:
    """Take the code that the person reads back."""
    typed = request.POST.get("code", "")
    address = reverse("access-phone-call", args=[proof_id])
    try:
        prove(operator_caller(request), proof_id, typed[:32], factor_at=factor_at(request), context=_context(request))
    except GovernanceError as error:
        if Fault.of(error).needs_factor:
            return HttpResponseRedirect(address_with_way_back("second-factor-confirm", address))
        messages.error(request, said(error))
        return HttpResponseRedirect(address)  # the page asks where it stands at its own address
    messages.success(request, _("That is the code. The person is told by e-mail that you look at their record."))
    return HttpResponseRedirect(address)


@require_POST
@login_required
def end_call(request: HttpRequest, proof_id: UUID) -> HttpResponse:
    """End it before its time."""
    end_proof(operator_caller(request), proof_id)
    return redirect("access-phone-call", proof_id)


@never_cache
@require_POST
@login_required
def reveal_own(request: HttpRequest, proof_id: UUID) -> HttpResponse:
    """Show one field of the record as the person themself is shown it."""
    proof = _own(request, proof_id)
    wanted = typed_id(request.POST.get("column", ""), "column")
    field = next((each for each in _fields(request, proof) if each.column == wanted), None)
    if field is None:
        raise NotFound("This is no field of the record.", field="column")
    demand, now = _demand(request, proof, [field.name]), timezone.now()
    before = imprints(demand, now=now)  # taken first: of two that differ, the page keeps the one that does not stay
    try:
        shown = unmask(demand, now=now)
        values = [text for each in shown.fields for text in texts_of(each.value)]
        field = replace(field, values=values, imprint=before.get(field.name, ""))
    except GovernanceError as error:
        field = replace(field, fault=Fault.of(error))
    return render(request, "portal/phone_field.html", {"proof": proof, "field": field})


def _page(request: HttpRequest, proof: SubjectProof) -> HttpResponse:
    now = proof.moment(latest_moment(standing_for(request), timezone.now()))
    fields = _fields(request, proof)
    is_open = proof.is_open(now)
    against = _against(request, proof, fields) if is_open else []
    known = _known(proof, against, is_living=proof.is_living(now))
    stay = partial(_imprints, request, proof, fields if is_open else [])
    if request.GET.get("known") == known:
        return telling_what_goes(HttpResponse(status=204), request, stay)
    context = {
        "proof": proof,
        "fields": fields,
        "is_open": is_open,
        "waits": proof.proved_at is None and proof.is_living(now),
        "tells": proof.proved_at is not None and proof.told_at is None and proof.is_living(now),
        "left": MOST_TRIES - proof.tries,
        "against": against,
        "known": known,
        "ends_at": proof.not_after,
    }
    is_part = request.headers.get("HX-Target") == "request-state"
    answer = page(request, "portal/phone_state.html" if is_part else "portal/phone_call.html", context)
    return telling_what_goes(answer, request, stay)


def _imprints(request: HttpRequest, proof: SubjectProof, fields: Sequence[FieldShown]) -> set[str]:
    """Of everything that would be shown now."""
    demand = _demand(request, proof, [field.name for field in fields])
    return set(imprints(demand, now=timezone.now()).values())


def _form(request: HttpRequest, asked: Requestable, *, fault: Fault | None = None) -> HttpResponse:
    context = {
        "asked": asked,
        "searchable": searchable_columns(request),
        "purposes": purposes_of(request, asked),
        "sent": request.POST,
    }
    return page(request, "portal/phone.html", context, fault=fault)


def _own(request: HttpRequest, proof_id: UUID) -> SubjectProof:
    with in_environment(environment_of(request)):
        return own_proof(operator_caller(request), proof_id)


def _plan(request: HttpRequest, accessor_id: UUID) -> AccessorPlan:
    return accessor_plan(standing_for(request), accessor_id)


def _takes_codes(plan: AccessorPlan) -> bool:
    return plan.contact is not None and bool(plan.for_oneself().outputs)


def _fields(request: HttpRequest, proof: SubjectProof) -> list[FieldShown]:
    """The fields that the person themself is shown, as the accessor has them now."""
    columns = [output.column for output in _plan(request, proof.accessor.public_id).for_oneself().outputs]
    return [FieldShown(1, proof.subject.public_id, column.public_id, column.name) for column in columns]


def _demand(request: HttpRequest, proof: SubjectProof, names: Sequence[str]) -> UnmaskCall:
    person = proof.subject.public_id
    call = AccessorCall(operator_caller(request), proof.accessor.public_id, [[str(person)]], _context(request))
    return UnmaskCall(call, person, names, {"id": str(proof.purpose.public_id)}, proof=proof.pk)


def _against(request: HttpRequest, proof: SubjectProof, fields: Sequence[FieldShown]) -> list[Reason]:
    """What stands against showing anything, although the time is not over."""
    demand = _demand(request, proof, [field.name for field in fields])
    return [meaning_of(reason) for reason in reasons_against(demand, now=timezone.now())]


def _known(proof: SubjectProof, against: Sequence[Reason], *, is_living: bool) -> str:
    """Where a call stands, in a word that changes with it."""
    parts: list[Any] = [proof.tries, proof.proved_at, proof.told_at, is_living, *(reason.code for reason in against)]
    return sha256("-".join(map(str, parts)).encode()).hexdigest()[:16]


def _context(request: HttpRequest) -> CallContext:
    return CallContext(address=address_of(request), via=VIA)
