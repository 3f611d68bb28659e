"""What the book's page shows, as a file: the same filters, all entries instead of one page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from audit.errors import ExportWaits, SearchTooWide
from audit.exports.answers import file_of_entries
from governance.console.book_lines import filters_of, used
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, require


@require_GET
def book_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """Hand out what the filters of the address find; where exports wait, say so on the page that they came from."""
    require(request, AUDIT)
    caller = operator_caller(request)
    try:
        return file_of_entries(
            actor=caller.actor,
            environment_id=caller.environment_id,
            filters=filters_of(used(request.GET)),
            form_name=form,
            door="console",
        )
    except ExportWaits as waits:
        messages.error(request, f"Nothing is exported now: {waits}.")
    except SearchTooWide as wide:
        messages.error(request, str(wide))
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(reverse("book") + (f"?{query}" if query else ""))
