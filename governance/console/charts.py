"""What happened in the last days as charts, drawn by the server; a table stands behind each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit.actions.summing import Days, read_summary
from governance.catalogue import names_of
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, environment_of, require
from governance.queries import names_of_ids
from keyring.walls import in_environment

SPANS = (7, 30, 90)
MOST_BARS = 12
TALLEST = 100
"""Units of the drawing's height; its width is one unit for each day."""


@dataclass(frozen=True, slots=True)
class Column:
    """One day of a chart: where its two parts stand, in units of the drawing."""

    day: Any
    count: int
    beside: int
    x: str
    top: str
    height: str
    top_beside: str
    height_beside: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart: what it counts, and how long it is, in hundredths of the longest."""

    name: str
    count: int
    length: str


@require_GET
def charts(request: HttpRequest) -> HttpResponse:
    """Draw accesses, refusals, emergencies and findings of the last 7, 30 or 90 days; the book says who looked."""
    require(request, AUDIT)
    caller = operator_caller(request)
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, SPANS) else 30
    told = read_summary(actor=caller.actor, environment_id=caller.environment_id, days=days, now=timezone.now())
    with in_environment(environment_of(request)):
        people = names_of_ids(told.refused_actors)
        accessors = _named_accessors(told.accessors)
    return render(
        request,
        "governance/charts.html",
        {
            **admin.site.each_context(request),
            "title": "What happens",
            "days": days,
            "spans": SPANS,
            "columns": [
                ("reads", "Accesses a day", "access", "refused", drawn(told.reads)),
                ("refusals", "Refused a day, everything", "refusal", "", drawn(told.refusals)),
                ("emergencies", "Emergency access a day", "declaration", "", drawn(told.emergencies)),
                ("findings", "Findings a day", "finding", "", drawn(told.findings)),
            ],
            "bars": [
                ("purposes", "Accesses by purpose", bars(told.purposes, {"": "no purpose named"})),
                ("accessors", "Accesses by accessor", bars(told.accessors, accessors)),
                ("refused-kinds", "Refused, by what it was", bars(told.refused_kinds, {})),
                ("refused-actors", "Refused, by who asked", bars(told.refused_actors, {"": "nobody known", **people})),
                ("states", "Findings by what they came to", bars(told.states, {})),
            ],
        },
    )


def drawn(days: Days) -> dict[str, Any]:
    """Return the columns of a chart over days, and what its axis says."""
    beside = days.beside or [0] * len(days.counts)
    most = max((one + two for one, two in zip(days.counts, beside, strict=True)), default=0)
    columns = []
    for place, (count, other) in enumerate(zip(days.counts, beside, strict=True)):
        height, height_beside = (TALLEST * each / most if most else 0.0 for each in (count, other))
        columns.append(
            Column(
                days.first + timedelta(days=place),
                count,
                other,
                f"{place + 0.1:.1f}",
                f"{TALLEST - height:.2f}",
                f"{height:.2f}",
                f"{TALLEST - height - height_beside:.2f}",
                f"{height_beside:.2f}",
            )
        )
    return {"columns": columns, "most": most, "total": sum(days.counts), "total_beside": sum(beside)}


def bars(counts: Mapping[str, int], names: Mapping[str, str]) -> list[Bar]:
    """Return the longest bars of a chart, those beyond the twelfth together as one."""
    listed = [(names.get(name, name), count) for name, count in counts.items()]
    shown, rest = listed[:MOST_BARS], listed[MOST_BARS:]
    if rest:
        shown.append((f"{len(rest)} others", sum(count for _, count in rest)))
    most = max((count for _, count in shown), default=1)
    return [Bar(name, count, f"{100 * count / most:.2f}") for name, count in shown]


def _named_accessors(counts: Mapping[str, int]) -> dict[str, str]:
    named = {str(public_id): name for public_id, name in names_of("accessor").items()}
    return {"": "none named", **{each: named[each] for each in counts if each in named}}
