"""Erasing a person from the console: find, see what goes and what a law keeps, confirm, get the signed receipt.

These pages are no part of the console's one transaction: the ledger's line comes last before a commit of its own
(`settings.OWN_TRANSACTION_PREFIXES`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.actors import Actor
from governance.errors import GovernanceError, Refused, Unavailable
from governance.identities import OPERATOR
from governance.operators.choice import operator_caller
from governance.operators.permission import environment_of, require
from governance.queries import names_of_actors
from keyring.walls import in_environment
from userstore.actions.erasing import erase_subject
from userstore.actions.erasure_preview import preview_erasure
from userstore.console.finding import ERASE, forms_of_search, found_by_value, page, person_named, said
from userstore.erasure.remains import Remains
from userstore.models import Erasure

PAGE = 50
_TYPED = 8
"""Characters of the id that are typed to confirm."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Values that a law keeps, until when; None is without end."""

    column: str
    purpose: str
    values: int
    until: datetime | None


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def erasures(request: HttpRequest) -> HttpResponse:
    """List erasures; on POST find somebody by a value of theirs."""
    require(request, ERASE)
    return _list(request, **(found_by_value(request) if request.method == "POST" else {}))


@never_cache
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Show what erasing somebody would destroy and what a law would keep, and ask."""
    require(request, ERASE)
    return _ask(request, mistyped=False)


@never_cache
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    """Erase somebody the beginning of whose id was typed; anything else asks again."""
    require(request, ERASE)
    if request.POST.get("typed", "").strip().lower() != request.POST.get("user", "")[:_TYPED].lower():
        return _ask(request, mistyped=True)
    try:
        erased = erase_subject(operator_caller(request), subject_id=person_named(request))
    except (Refused, Unavailable):
        raise
    except GovernanceError as fault:
        return _list(request, id_fault=said(fault))
    messages.success(request, "The person is erased, and the book says so. This is the receipt.")
    return HttpResponseRedirect(reverse("erasure", args=[erased.erasure.public_id]))


@require_GET
def erasure(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """Show the receipt of one erasure in words."""
    require(request, ERASE)
    row = _erasure(request, erasure_id)
    body = jwt.decode(row.receipt, options={"verify_signature": False}) if row.receipt else {}
    destroyed = body.get("destroyed", {})
    kept = [
        Kept(each["column"], each["purpose"], each["values"], _moment(each["until"])) for each in body.get("kept", [])
    ]
    return page(
        request,
        "userstore/erasure.html",
        title="Erasure",
        erasure=row,
        by=_names(request, [row])[row.public_id],
        destroyed=destroyed,
        columns=sorted(destroyed.get("values", {}).items()),
        kept=kept,
        statement=body.get("statement", ""),
        entry=body.get("entry", ""),
        key=jwt.get_unverified_header(row.receipt)["kid"] if row.receipt else "",
    )


@never_cache
@require_GET
def receipt(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """Give the signed receipt as a file."""
    require(request, ERASE)
    row = _erasure(request, erasure_id)
    if not row.receipt:
        raise Http404
    named = f'attachment; filename="erasure-{row.public_id}.jws"'
    return HttpResponse(row.receipt, content_type="application/jose", headers={"Content-Disposition": named})


def _list(request: HttpRequest, **context: Any) -> HttpResponse:
    """Show the forms and the erasures."""
    with in_environment(environment_of(request)):
        listed = Paginator(Erasure.objects.all(), PAGE).get_page(request.GET.get("p"))
        rows = list(listed.object_list)
    names = _names(request, rows)
    return page(
        request,
        "userstore/erasures.html",
        title="Erasures",
        erasures=[{"row": row, "by": names[row.public_id]} for row in rows],
        page=listed,
        **forms_of_search(request, search="erasures", one="erasure-preview", done="See what would go"),
        **context,
    )


def _ask(request: HttpRequest, *, mistyped: bool) -> HttpResponse:
    """Say what erasing somebody would do, and what to type."""
    try:
        subject_id = person_named(request)
        sought, remains = preview_erasure(operator_caller(request), subject_id=subject_id)
    except (Refused, Unavailable):
        raise
    except GovernanceError as fault:
        return _list(request, id_fault=said(fault))
    return page(
        request,
        "userstore/erasure_preview.html",
        title="Erase a person",
        sought=sought,
        remains=remains,
        columns=sorted(remains.values.items()),
        kept=_kept_of(remains),
        to_type=str(subject_id)[:_TYPED],
        mistyped=mistyped,
    )


def _kept_of(remains: Remains) -> list[Kept]:
    return [
        Kept(column, purpose, count, datetime.fromtimestamp(until, UTC) if until else None)
        for (column, purpose), (count, until) in sorted(remains.kept.items())
    ]


def _erasure(request: HttpRequest, erasure_id: UUID) -> Erasure:
    with in_environment(environment_of(request)):
        row = Erasure.objects.filter(public_id=erasure_id).first()
    if row is None:
        raise Http404
    return row


def _names(request: HttpRequest, rows: Iterable[Erasure]) -> dict[UUID, str]:
    """Say of each erasure who asked for it."""
    by = {row.public_id: row.erased_by for row in rows}
    with in_environment(environment_of(request)):
        names = names_of_actors(Actor(OPERATOR, actor) for actor in by.values() if actor)
    return {row: names.get(actor, "a client that is gone") if actor else "system" for row, actor in by.items()}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
