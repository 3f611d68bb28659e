"""Temporary access as officers and auditors see it: who holds what, who asked for what, and what is looked back at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from governance.access_queries import grant_rows, grant_seen, grants_living, request_rows, review_rows
from governance.actions.delegations import end_delegation
from governance.actions.grants import resume_grant, revoke_grant, suspend_grant
from governance.breakglass.machines import ACTIVE, CLAIMED, OPEN, SUSPENDED
from governance.breakglass.reasons import LONGEST_TEXT
from governance.breakglass.showing import Names, grant_line, request_line, review_line
from governance.delegation.showing import delegation_line, delegation_rows
from governance.errors import GovernanceError, NotFound, Refused
from governance.operators.choice import operator_caller
from governance.operators.faults import said, typed_id
from governance.operators.permission import AUDIT, CONFIGURE, record_refused_page, require

PAGE = 50
_STEPS: dict[str, tuple[Callable[..., Any], str]] = {
    "suspend": (suspend_grant, "The grant is suspended from the next check on, and the book says so."),
    "resume": (resume_grant, "The grant goes on, and the book says so."),
    "revoke": (revoke_grant, "The grant is revoked from the next check on, and the book says so."),
}


@require_GET
def access_grants(request: HttpRequest) -> HttpResponse:
    """List grants: those that are still to use or in use, then those that are over."""
    require(request, CONFIGURE)
    caller, now, names = operator_caller(request), timezone.now(), Names()
    living = grants_living(caller, now)
    over = grant_rows(caller, now).exclude(pk__in=[seen.row.pk for seen in living])
    page = Paginator(over.order_by("-created_at"), PAGE).get_page(request.GET.get("p"))
    return _page(
        request,
        "governance/access_grants.html",
        title="Grants",
        living=living,
        over=[grant_line(row, names) for row in page.object_list],
        page=page,
    )


@never_cache
@require_http_methods(["GET", "POST"])
def access_grant(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    """Show one grant and to whom it was handed on; on POST suspend it, let it go on, revoke it, or end a delegation."""
    require(request, CONFIGURE)
    caller = operator_caller(request)
    try:
        seen = grant_seen(caller, grant_id, timezone.now())
    except NotFound:
        raise Http404 from None
    if request.method == "POST":
        return _stepped(request, grant_id)
    handed = delegation_rows(caller, timezone.now()).filter(grant=grant_id)[:PAGE]
    can_end = seen.row.ended_at is None and (seen.row.not_after is None or seen.row.not_after > timezone.now())
    return _page(
        request,
        "governance/access_grant.html",
        title="Grant",
        grant=seen,
        handed=[delegation_line(row, Names(), now=timezone.now()) for row in handed],
        longest=LONGEST_TEXT,
        can_end=can_end,
        can_suspend=can_end and seen.row.state == ACTIVE,
        can_resume=can_end and seen.row.state == SUSPENDED,
    )


@require_GET
def access_log(request: HttpRequest) -> HttpResponse:
    """List requests and reviews for whoever may audit: no texts, which stand on the pages that act on them."""
    require(request, AUDIT)
    caller, now, names = operator_caller(request), timezone.now(), Names()
    reviews = review_rows(caller, now).filter(state__in=[OPEN, CLAIMED]).order_by("due_at")[:PAGE]
    page = Paginator(request_rows(caller, now).order_by("-created_at"), PAGE).get_page(request.GET.get("p"))
    return _page(
        request,
        "governance/access_log.html",
        title="Access requests",
        reviews=[review_line(row, names, now=now) for row in reviews],
        requests=[request_line(row, names, now=now) for row in page.object_list],
        page=page,
    )


def _stepped(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    caller, sent = operator_caller(request), request.POST
    step, told = _STEPS.get(sent.get("step", ""), (None, ""))
    if step is None and sent.get("step") != "end":
        raise Http404
    try:
        if step is None:
            end_delegation(caller, delegation_id=typed_id(sent.get("delegation", ""), "delegation"))
            told = "What was handed on is ended from the next check on, and the book says so."
        else:
            step(caller, grant_id=grant_id, comment=sent.get("comment", "").strip()[:LONGEST_TEXT])
    except Refused as refused:
        # The action's own record went with its transaction.
        record_refused_page(request, CONFIGURE, refused)
        messages.error(request, said(refused))
    except GovernanceError as fault:
        messages.error(request, said(fault))
    else:
        messages.success(request, told)
    return HttpResponseRedirect(reverse("access-grant", args=[grant_id]))


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
