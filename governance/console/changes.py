"""Changes of a protected environment: what waits, what each would change, and the second person's decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from audit.actors import Actor
from governance.actions.changes import approve_change, reject_change, withdraw_change
from governance.drafts.differences import Difference, from_json
from governance.errors import Conflict
from governance.models import ProtectedChange
from governance.operators.choice import operator_caller
from governance.operators.comparing import differences
from governance.operators.faults import said
from governance.operators.permission import CONFIGURE, require, standing_for
from governance.operators.second_factors import require_proof
from governance.queries import names_of_actors

PAGE = 50
_DONE = {
    ProtectedChange.APPLIED: "The change is approved and applied, and the book names you both.",
    ProtectedChange.REJECTED: "The change is rejected, and the book says so.",
    ProtectedChange.WITHDRAWN: "The change is withdrawn, and the book says so.",
}


@require_GET
def changes(request: HttpRequest) -> HttpResponse:
    """List changes, those that wait first, the newest first."""
    require(request, CONFIGURE)
    waiting = ProtectedChange.objects.filter(state=ProtectedChange.PROPOSED)
    decided = ProtectedChange.objects.exclude(state=ProtectedChange.PROPOSED)
    page = Paginator(decided, PAGE).get_page(request.GET.get("p"))
    rows = [*waiting[:PAGE], *page.object_list]
    names = _names(rows)
    return _page(
        request,
        "governance/changes.html",
        title="Changes",
        waiting=[_shown(row, names) for row in rows if row.state == ProtectedChange.PROPOSED],
        decided=[_shown(row, names) for row in page.object_list],
        page=page,
        protected=standing_for(request).is_protected,
    )


@never_cache
@require_http_methods(["GET", "POST"])
def single_change(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Show what one change does; on POST approve, reject or withdraw it."""
    require(request, CONFIGURE)
    found = ProtectedChange.objects.filter(pk=change_id).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        return _decide(request, found)
    caller = operator_caller(request)
    comment: Any = found.comment
    text: Any = found.differences
    return _page(
        request,
        "governance/change.html",
        title="Change",
        change=_shown(found, _names([found])),
        comment=comment.reveal() if comment is not None else "",
        differences=[_difference(each) for each in from_json(text.reveal())],
        is_open=found.state == ProtectedChange.PROPOSED,
        is_own=found.author_id == caller.id,
    )


def _decide(request: HttpRequest, change: ProtectedChange) -> HttpResponse:
    caller, decision = operator_caller(request), request.POST.get("decision")
    try:
        if decision == "approve":
            require_proof(request)
            change = approve_change(caller, change_id=change.pk, digest=request.POST.get("digest", ""))
        elif decision == "reject":
            change = reject_change(caller, change_id=change.pk)
        elif decision == "withdraw":
            change = withdraw_change(caller, change_id=change.pk)
    except Conflict as fault:
        messages.error(request, said(fault))
    else:
        if change.state in _DONE:
            messages.success(request, _DONE[change.state])
        elif change.state == ProtectedChange.STALE:
            messages.error(request, f"Nothing was applied: {change.outcome} Its author can propose it again.")
    return HttpResponseRedirect(reverse("change", args=[change.pk]))


def _difference(difference: Difference) -> Mapping[str, Any]:
    """A difference with its longer texts compared line by line."""
    lines = [
        {
            "field": line.field,
            "before": line.before,
            "after": line.after,
            "text": differences({line.field: line.before}, {line.field: line.after}, {})
            if "\n" in line.before + line.after
            else None,
        }
        for line in difference.lines
    ]
    return {"kind": difference.kind, "name": difference.name, "what": difference.what, "lines": lines}


def _names(rows: list[ProtectedChange]) -> Mapping[UUID, str]:
    people = [Actor(row.author_kind, row.author_id) for row in rows]
    people += [Actor(row.decided_by_kind, row.decided_by) for row in rows if row.decided_by]
    return names_of_actors(people)


def _shown(row: ProtectedChange, names: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        "id": row.pk,
        "action": str(row),
        "state": row.state,
        "digest": row.digest,
        "outcome": row.outcome,
        "author": f"{row.author_kind} {names.get(row.author_id, row.author_id)}",
        "proposed_at": row.proposed_at,
        "decided_at": row.decided_at,
        "decided_by": names.get(row.decided_by, str(row.decided_by)) if row.decided_by else "",
    }


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
