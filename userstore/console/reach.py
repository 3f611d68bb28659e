"""The page that says who can reach personal data of a category, and how."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from governance.operators.permission import CONFIGURE, environment_of, require
from userstore.reach import categories, identities_reaching


@require_GET
def reach(request: HttpRequest) -> HttpResponse:
    """List the identities that can read one category; the first one there is, until one is chosen."""
    require(request, CONFIGURE)
    environment_id = environment_of(request)
    known = categories(environment_id)
    category = request.GET.get("category") or (known[0] if known else "")
    found = identities_reaching(environment_id=environment_id, category=category, now=timezone.now())
    context = {
        "title": "Who can reach what",
        "known": known,
        "category": category if category in known else "",
        "identities": found if category in known else [],
    }
    return render(request, "userstore/reach.html", {**admin.site.each_context(request), **context})
