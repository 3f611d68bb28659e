"""Who looked at one person, to read and to print; whoever may read the book may have it, and having it is on record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from governance.errors import GovernanceError, Refused, Unavailable
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, require
from userstore.actions.access_reports import report_accesses
from userstore.console.finding import ERASE, forms_of_search, found_by_value, page, person_named, said

SPANS = {"30": "the last 30 days", "365": "the last year", "": "as long as the book has it"}
"""Days that a report looks back, and how the page says it."""


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def access_report(request: HttpRequest) -> HttpResponse:
    """Ask whose accesses to report; on POST report them."""
    require(request, AUDIT)
    if request.method == "GET":
        return _ask(request)
    now, days = timezone.now(), request.POST.get("days", "365")
    try:
        report = report_accesses(
            operator_caller(request), subject_id=person_named(request), since=_since(days, now), now=now
        )
    except (Refused, Unavailable):
        raise
    except GovernanceError as fault:
        return _ask(request, id_fault=said(fault))
    return page(
        request,
        "userstore/access_report.html",
        title="Accesses to a person",
        report=report,
        spans=SPANS,
        days=days if days in SPANS else "365",
    )


@sensitive_post_parameters()
@never_cache
@require_POST
def access_report_find(request: HttpRequest) -> HttpResponse:
    """Find the person by a value of theirs, which takes the right to erase as it does everywhere."""
    require(request, AUDIT)
    require(request, ERASE)
    return _ask(request, **found_by_value(request))


def _since(days: str, now: datetime) -> datetime | None:
    return now - timedelta(days=int(days or 365) if days in SPANS else 365) if days else None


def _ask(request: HttpRequest, **context: Any) -> HttpResponse:
    forms = forms_of_search(request, search="access-report-find", one="access-report", done="Report")
    return page(request, "userstore/access_report_find.html", title="Accesses to a person", **forms, **context)
