"""The pages that freeze and unfreeze: first what would stop, then the button."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import AuditorNotConfigured
from governance.actions.freezes import freeze, unfreeze
from governance.catalogue import FREEZABLE_KINDS, exists, names_of
from governance.errors import Conflict, NotFound
from governance.freezing import calls_that_would_stop
from governance.models import Environment, Freeze
from governance.operators.choice import operator_caller
from governance.operators.permission import CONFIGURE, require
from keyring.errors import KeyringError

LONGEST_REASON = 2000


@require_http_methods(["GET"])
def choose_target(request: HttpRequest) -> HttpResponse:
    """List everything that can be frozen, with what is frozen already."""
    require(request, CONFIGURE)
    frozen = set(Freeze.objects.filter(lifted_at=None).values_list("kind", "target_id"))
    groups = [
        {
            "kind": kind,
            "targets": [
                {"name": name, "frozen": (kind, public_id) in frozen, "url": reverse("freeze", args=[kind, public_id])}
                for public_id, name in sorted(_targets(request, kind).items(), key=lambda item: item[1].lower())
            ],
        }
        for kind in FREEZABLE_KINDS
    ]
    return _page(request, "governance/freeze_target.html", title="Freeze", groups=[g for g in groups if g["targets"]])


@require_http_methods(["GET", "POST"])
def freeze_page(request: HttpRequest, kind: str, target_id: UUID) -> HttpResponse:
    """Show which calls of the last hour would stop; on POST freeze."""
    require(request, CONFIGURE)
    caller = operator_caller(request)
    if kind not in FREEZABLE_KINDS or not exists(kind=kind, public_id=target_id, environment_id=caller.environment_id):
        raise Http404
    standing = Freeze.objects.filter(kind=kind, target_id=target_id, lifted_at=None).first()
    if standing is not None:
        return HttpResponseRedirect(reverse("unfreeze", args=[standing.public_id]))
    if request.method == "POST":
        reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
        try:
            freeze(caller, kind=kind, target_id=target_id, reason=reason)
        except Conflict:  # somebody else was faster, which is as good
            messages.info(request, "It was frozen already.")
        else:
            messages.success(request, f"The {kind} is frozen from the next check on, and the book says so.")
        return HttpResponseRedirect(reverse("admin:governance_freeze_changelist"))
    return _page(
        request,
        "governance/freeze.html",
        title=f"Freeze {kind}",
        kind=kind,
        name=_targets(request, kind)[target_id],
        **_preview(request, kind, target_id),
    )


@require_http_methods(["GET", "POST"])
def unfreeze_page(request: HttpRequest, freeze_id: UUID) -> HttpResponse:
    """Show a freeze with its reason; on POST lift it."""
    require(request, CONFIGURE)
    found = Freeze.objects.filter(public_id=freeze_id).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        try:
            unfreeze(operator_caller(request), freeze_id=freeze_id)
        except NotFound:
            messages.info(request, "It was lifted already.")
        else:
            messages.success(request, "The freeze is lifted from the next check on, and the book says so.")
        return HttpResponseRedirect(reverse("admin:governance_freeze_changelist"))
    return _page(
        request,
        "governance/unfreeze.html",
        title="Freeze" if found.lifted_at else "Lift freeze",
        freeze=found,
        name=_targets(request, found.kind).get(found.target_id, str(found.target_id)),
        reason=_revealed(found),
    )


def _targets(request: HttpRequest, kind: str) -> dict[UUID, str]:
    if kind == "environment":
        return dict(Environment.objects.filter(pk=operator_caller(request).environment_id).values_list("pk", "name"))
    return dict(names_of(kind))


def _preview(request: HttpRequest, kind: str, target_id: UUID) -> dict[str, Any]:
    """Count what would stop; a book that cannot be read must not keep anybody from freezing."""
    try:
        stopped = calls_that_would_stop(
            environment_id=operator_caller(request).environment_id,
            kind=kind,
            target_id=target_id,
            now=timezone.now(),
        )
    except AuditorNotConfigured:
        return {"stopped": None}
    return {"stopped": stopped, "total": sum(call.calls for call in stopped)}


def _revealed(found: Freeze) -> str | None:
    """Open the reason for an officer of its environment; None where there is none or its key is gone."""
    try:
        return found.reason.reveal() if found.reason is not None else None
    except KeyringError:
        return None


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
