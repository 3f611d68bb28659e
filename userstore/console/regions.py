"""The regions that people are noted in, and how many each has."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from governance.operators.permission import CONFIGURE, environment_of, require
from keyring.walls import in_environment
from userstore.models import Subject
from userstore.regions import known_regions


@require_GET
def regions(request: HttpRequest) -> HttpResponse:
    """List the regions there are and those that people are still noted in; which there are is the installation's."""
    require(request, CONFIGURE)
    known = known_regions()
    with in_environment(environment_of(request)):
        noted = Subject.objects.filter(erased_at=None).order_by().values_list("region").annotate(Count("pk"))
        people = dict(noted)
    former = sorted(people.keys() - {*known, ""})
    context = {
        "title": "Regions",
        "regions": [
            {"name": name, "people": people.get(name, 0), "is_first": [name] == known[:1], "is_former": name in former}
            for name in [*known, *former]
        ],
        "nowhere": people.get("", 0),
    }
    return render(request, "userstore/regions.html", {**admin.site.each_context(request), **context})
