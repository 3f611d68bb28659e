"""One request and the record it is about, in place: masked until revealed, field by field, while the access lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from governance.access_queries import request_seen
from governance.breakglass.machines import READY, SUSPENDED
from governance.breakglass.showing import SCHEDULED, UNDECIDED, SeenRequest
from governance.breakglass.terms import terms_of
from governance.errors import GovernanceError, Invalid, NotFound
from governance.explaining import Reason, meaning_of
from governance.observation import address_of
from governance.operators.choice import operator_caller
from governance.operators.faults import Fault, typed_id
from keyring.walls import in_environment
from userstore.portal.screen import telling_what_goes
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.demands import UnmaskCall
from userstore.reading.imprints import imprints
from userstore.reading.unmasking import reasons_against, unmask

VIA = "staff page"
WAITING = (*UNDECIDED, READY, SCHEDULED, SUSPENDED)
"""States in which a field that was asked for may still unmask itself."""


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field of one person as the page has it."""

    person: int
    subject_id: UUID
    column: UUID
    name: str
    values: list[str] | None = None
    is_waiting: bool = False
    fault: Fault | None = None
    ended: str = ""
    imprint: str = ""
    """Of what is shown: by it the page asks, while it is on the screen, whether it may stay there."""

    @property
    def anchor(self) -> str:
        """An element's id that tells nobody whose field it is."""
        return f"field-{self.person}-{self.column}"


@never_cache
@require_safe
@login_required
def record(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Show a request to whoever asked for it or got it, with the record below it."""
    seen = _seen(request, request_id)
    against = _against(request, seen)
    standing = _standing(seen, against)
    if request.GET.get("known") == standing:
        # As the page has it: whatever is being typed there stays, and what is shown, unless it may not be shown now.
        return telling_what_goes(HttpResponse(status=204), request, partial(_imprints, request, seen))
    context = {"seen": seen, "people": _people(seen), "against": against, "known": standing, **_ends(seen)}
    is_part = request.headers.get("HX-Target") == "request-state"
    answer = render(request, "portal/request_state.html" if is_part else "portal/request.html", context)
    return telling_what_goes(answer, request, partial(_imprints, request, seen))


@never_cache
@require_POST
@login_required
def reveal(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Show one field of one person under the grant; before it is active, wait for it."""
    seen = _seen(request, request_id)
    field = _field(request, seen)
    if seen.is_open or seen.state not in WAITING:
        field = _revealed(request, seen, field)
    else:
        field = FieldShown(field.person, field.subject_id, field.column, field.name, is_waiting=True)
    return render(request, "portal/field.html", {"seen": seen, "field": field})


def _revealed(request: HttpRequest, seen: SeenRequest, field: FieldShown) -> FieldShown:
    """Read one field; a refusal, on record like every other, is said in its place."""
    person = (field.person, field.subject_id, field.column, field.name)
    if seen.grant is None:
        return FieldShown(*person, ended=seen.state)
    demand, now = _demand(request, seen, [field]), timezone.now()
    before = imprints(demand, now=now)  # taken first: of two that differ, the page keeps the one that does not stay
    try:
        shown = unmask(demand, now=now)
    except GovernanceError as error:
        return FieldShown(*person, fault=Fault.of(error), ended=seen.state)
    if shown.is_denied:
        return FieldShown(
            *person, fault=Fault.decided(_("Its access policy does not let it through."), shown.decision_id)
        )
    values = [text for each in shown.fields for text in texts_of(each.value)]
    return FieldShown(*person, values=values, imprint=before.get(field.name, ""))


def _imprints(request: HttpRequest, seen: SeenRequest) -> set[str]:
    """Of everything that would be shown of this record now."""
    if not seen.is_open:
        return set()
    now, people = timezone.now(), [fields for fields in _people(seen) if fields]
    return {each for fields in people for each in imprints(_demand(request, seen, fields), now=now).values()}


def _demand(request: HttpRequest, seen: SeenRequest, fields: Sequence[FieldShown]) -> UnmaskCall:
    """One person's fields, under the grant."""
    subject_id = fields[0].subject_id
    call = AccessorCall(
        operator_caller(request),
        seen.row.accessor_id,
        [[str(subject_id)]],
        CallContext(address=address_of(request), via=VIA),
        grant=seen.grant.pk if seen.grant else None,
    )
    return UnmaskCall(call, subject_id, [field.name for field in fields], seen.purpose)


def _against(request: HttpRequest, seen: SeenRequest) -> list[Reason]:
    """What stands against reading under a grant that has begun: it shows nothing then, and neither does the page."""
    fields = [field for person in _people(seen) for field in person]
    if not seen.is_open or not fields:
        return []
    return [meaning_of(reason) for reason in reasons_against(_demand(request, seen, fields[:1]), now=timezone.now())]


def _standing(seen: SeenRequest, against: list[Reason]) -> str:
    """Where a request stands, in a word that changes with it."""
    grant = seen.grant.version if seen.grant else 0
    people = len(seen.left.subjects) if seen.left else 0
    parts = [seen.state, seen.row.version, grant, people, *(reason.code for reason in against)]
    return sha256("-".join(map(str, parts)).encode()).hexdigest()[:16]


def texts_of(value: Any) -> list[str]:
    """What is shown of a value, an array or a composite one."""
    if value in (None, ""):
        return []
    if isinstance(value, list):
        return [text for each in value for text in texts_of(each)]
    return [", ".join(f"{name}: {part}" for name, part in value.items())] if isinstance(value, dict) else [str(value)]


def _seen(request: HttpRequest, request_id: UUID) -> SeenRequest:
    seen = request_seen(operator_caller(request), request_id, timezone.now())
    if not seen.is_own:
        raise NotFound("There is no such request of yours.", field="request")
    return seen


def _people(seen: SeenRequest) -> list[list[FieldShown]]:
    return [
        [FieldShown(number, subject, column, name) for column, name in seen.to_see.items()]
        for number, subject in enumerate(seen.left.subjects if seen.left else (), 1)
    ]


def _field(request: HttpRequest, seen: SeenRequest) -> FieldShown:
    subject = typed_id(request.POST.get("subject", ""), "subject")
    column = typed_id(request.POST.get("column", ""), "column")
    for person in _people(seen):
        for field in person:
            if (field.subject_id, field.column) == (subject, column):
                return field
    raise NotFound("This is no field of the record.", field="column")


def _ends(seen: SeenRequest) -> dict[str, Any]:
    """When it ends, and for how much longer one could ask."""
    if seen.grant is None or not seen.is_living:
        return {}
    try:
        with in_environment(seen.row.environment_id):
            longest = int(terms_of(seen.row.accessor_id).longest.total_seconds() // 60)
    except Invalid:
        return {"ends_at": seen.grant.not_after}
    return {"ends_at": seen.grant.not_after, "longer": [m for m in (15, 30, 60) if m <= longest] or [longest]}
