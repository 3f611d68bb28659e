"""The page that tells which reviewed code read a column."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit.errors import AuditorNotConfigured
from governance.actions.tracing import trace_code
from governance.catalogue import names_of
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, require

SPANS = ((1, "the last day"), (7, "the last 7 days"), (30, "the last 30 days"), (365, "the last year"))
_USUAL = 30


@require_GET
def code_of_column(request: HttpRequest) -> HttpResponse:
    """Ask for a column and a span; the answer is on record."""
    require(request, AUDIT)
    columns = sorted(names_of("column").items(), key=lambda each: each[1].lower())
    asked = next((column for column, _ in columns if str(column) == request.GET.get("column")), None)
    days = next((days for days, _ in SPANS if str(days) == request.GET.get("days")), _USUAL)
    context = {"columns": columns, "column": asked, "spans": SPANS, "days": days, **_answer(request, asked, days)}
    title = {"title": "Read by which code"}
    return render(request, "governance/code_of_column.html", {**admin.site.each_context(request), **title, **context})


def _answer(request: HttpRequest, column: UUID | None, days: int) -> dict[str, object]:
    if column is None:
        return {}
    now = timezone.now()
    try:
        found = trace_code(operator_caller(request), column_id=column, since=now - timedelta(days=days), now=now)
    except AuditorNotConfigured:
        return {"is_closed": True}
    return {"found": found}
