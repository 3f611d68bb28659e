"""The page that tells how long everything is kept, and what a change would do before anybody makes it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.models import Purpose
from governance.operators.choice import operator_caller
from governance.operators.permission import CONFIGURE, environment_of, require, standing_for
from keyring.walls import in_environment
from userstore.actions.retention import set_retentions
from userstore.errors import Conflict, Invalid, NotFound, Refused, StoreError, TooLarge
from userstore.models import Column, RetentionChange
from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.retention.due import due_values
from userstore.retention.durations import INDEFINITE, UNITS, Duration
from userstore.retention.preview import effect_of_wishes
from userstore.retention.settings import Scope, Wish, every_setting, set_for


@require_http_methods(["GET", "POST"])
def retention(request: HttpRequest) -> HttpResponse:
    """Show what holds; with a wish show what it would do; on POST fulfil it."""
    require(request, CONFIGURE)
    asked = request.POST if request.method == "POST" else request.GET
    context: dict[str, Any] = {"asked": asked, "effect": None, "fault": None}
    try:
        wish = _wish(asked, environment_of(request)) if "unit" in asked else None
        if wish is not None and request.method == "POST":
            set_retentions(operator_caller(request), wishes=[wish])
            messages.success(request, "It is set, and the book says so. What is stored follows within minutes.")
            return HttpResponseRedirect(reverse("retention"))
        if wish is not None:
            context["effect"] = effect_of_wishes(environment_of(request), [wish], now=timezone.now())
    except Refused:
        raise
    except (Conflict, Invalid, NotFound, StoreError, TooLarge) as fault:
        context["fault"] = f"{fault} {fault.remedy or ''}".strip()
    return render(
        request, "userstore/retention.html", {**admin.site.each_context(request), **_told(request), **context}
    )


def _told(request: HttpRequest) -> dict[str, Any]:
    with in_environment(environment_of(request)):
        return {
            "title": "Retention",
            "states": [("Live values", every_setting(LIVE)), ("Deleted values", every_setting(SOFT_DELETED))],
            "due": due_values(now=timezone.now()).count(),
            "change": RetentionChange.objects.filter(finished_at=None).first(),
            "columns": list(Column.objects.filter(is_system=False).order_by("name").values_list("public_id", "name")),
            "purposes": list(Purpose.objects.order_by("name").values_list("public_id", "name")),
            "units": [*UNITS, INDEFINITE],
            "protected": standing_for(request).is_protected,
        }


def _wish(asked: QueryDict, environment_id: UUID) -> Wish:
    scope = Scope(
        SOFT_DELETED if asked.get("state") == "softdeleted" else LIVE,
        _optional_id(asked.get("column", "")),
        _optional_id(asked.get("purpose", "")),
    )
    amount = asked.get("amount", "")
    if not amount.isascii() or not amount.isdigit() or len(amount) > 6:
        raise Invalid("The time is a whole number.", field="amount")
    with in_environment(environment_id):
        stored = set_for(scope)
    return Wish(scope, Duration(asked.get("unit", "")[:16], int(amount)), stored.public_id, stored.version)


def _optional_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid("This is no column or purpose.") from None
