"""Imports in the console: ask, upload, say where fields go beside the first records, begin, watch, see what was bad."""

from __future__ import annotations

import csv
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.errors import GovernanceError, NotFound, Refused
from governance.models import Purpose
from governance.observation import address_of
from governance.operators.choice import operator_caller
from governance.operators.permission import environment_of, require
from keyring.walls import in_environment
from userstore.actions.imports import Fault, ask_import, cancel_import, lay_out_import, report_of, run_import
from userstore.actions.uploads import take_in
from userstore.console.import_layout import Chosen, chosen_layout, said, shown_layout
from userstore.importing.framing import CSV, NDJSON
from userstore.importing.instructions import DELIMITERS, Instructions
from userstore.importing.receiving import body_of
from userstore.importing.seeing import import_of, seen_imports
from userstore.models import Import, Mutator
from userstore.models.imports import AWAITED, ENDED, HELD, RUNNING
from userstore.reading.calls import CallContext
from userstore.writing.batch import KNOWN_ONLY, NEWCOMERS

WRITE = "write"
_LISTED = 50
_FAULTS_SHOWN = 100


@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Show the imports there are and the form for a new one; on POST ask for it."""
    require(request, WRITE)
    fault = ""
    if request.method == "POST":
        try:
            asked = ask_import(operator_caller(request), instructions=_instructions(request), now=timezone.now())
            return HttpResponseRedirect(reverse("import-page", args=[asked.row.pk]))
        except Refused:
            raise
        except GovernanceError as error:
            fault = said(error)
    seen = seen_imports(operator_caller(request), now=timezone.now())
    with in_environment(environment_of(request)):
        context = {
            "title": "Imports",
            "imports": list(seen.order_by("-created_at")[:_LISTED]),
            "mutators": list(Mutator.objects.order_by("name").values_list("public_id", "name")),
            "purposes": list(Purpose.objects.order_by("name").values_list("public_id", "name")),
            "delimiters": [(each, {"\t": "tabulator"}.get(each, each)) for each in DELIMITERS],
            "formats": (CSV, NDJSON),
            "asked": request.POST,
            "chosen": request.POST.getlist("purposes"),
            "fault": fault,
        }
    return render(request, "userstore/imports.html", {**admin.site.each_context(request), **context})


@require_GET
def single_import(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show one import: what is to be done next, how far it is, what was bad."""
    require(request, WRITE)
    return _show(request, import_of(operator_caller(request), import_id, now=timezone.now()))


@require_GET
def import_progress(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show how far an import is; once it ends or stands still the whole page is asked for again."""
    require(request, WRITE)
    row = import_of(operator_caller(request), import_id, now=timezone.now())
    answer = render(request, "userstore/import_progress.html", _told(row))
    if row.state != RUNNING:
        answer["HX-Refresh"] = "true"
    return answer


@require_http_methods(["PUT"])
def import_content(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Take in the file, as the page's script sends it: never as a form, which would put it on a disk."""
    require(request, WRITE)
    take_in(operator_caller(request), import_id=import_id, offset=0, content=body_of(request), now=timezone.now())
    return HttpResponse(status=204)


@require_POST
def act_on_import(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Lay out the fields where the page says how, then begin, resume or cancel the import."""
    require(request, WRITE)
    caller, now, act = operator_caller(request), timezone.now(), request.POST.get("act")
    row = import_of(caller, import_id, now=now)
    try:
        if act == "cancel":
            cancel_import(caller, import_id=import_id, now=now)
        elif "fields" in request.POST:
            columns, selecting = chosen_layout(request)
            lay_out_import(caller, import_id=import_id, columns=columns, selecting=selecting, now=now)
        if act == "run":
            run_import(caller, import_id=import_id, now=now)
    except Refused:
        raise
    except GovernanceError as error:
        if act == "cancel" or "fields" not in request.POST:
            messages.error(request, said(error))
        else:
            return _show(request, row, chosen=chosen_layout(request), fault=said(error))
    return HttpResponseRedirect(reverse("import-page", args=[import_id]))


@require_GET
def import_report(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """The bad records as CSV."""
    require(request, WRITE)
    faults: list[Fault] = report_of(operator_caller(request), import_id, now=timezone.now())
    disposition = f'attachment; filename="import-{import_id}.csv"'
    answer = HttpResponse(content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})
    answer["Cache-Control"] = "no-store"
    written = csv.writer(answer)
    written.writerow(["line", "field", "reason"])
    written.writerows([fault.line, fault.field, fault.reason] for fault in faults)
    return answer


def _told(row: Import) -> dict[str, Any]:
    return {
        "row": row,
        "percent": int(row.share * 100),
        "untouched": row.records - row.effective - row.failed,
        "is_awaited": row.state == AWAITED,
        "is_running": row.state == RUNNING,
        "is_held": row.state == HELD,
        "is_ended": row.state in ENDED,
    }


def _show(request: HttpRequest, row: Import, *, chosen: Chosen | None = None, fault: str = "") -> HttpResponse:
    context: dict[str, Any] = {"title": "Import", **_told(row)}
    if row.state == AWAITED and row.size:
        context |= shown_layout(operator_caller(request), row, chosen=chosen, fault=fault)
    elif row.failed:
        context["faults"] = report_of(operator_caller(request), row.pk, now=timezone.now())[:_FAULTS_SHOWN]
    return render(request, "userstore/import.html", {**admin.site.each_context(request), **context})


def _instructions(request: HttpRequest) -> Instructions:
    asked = request.POST
    try:
        mutator_id = UUID(asked.get("mutator", ""))
        purposes = tuple(UUID(each) for each in asked.getlist("purposes"))
    except ValueError:
        raise NotFound("Choose a mutator, and purposes that there are.") from None
    return Instructions(
        mutator_id=mutator_id,
        format=asked.get("format", CSV),
        delimiter=asked.get("delimiter", ","),
        purposes=purposes,
        unknown=NEWCOMERS if asked.get("unknown") == NEWCOMERS else KNOWN_ONLY,
        context=CallContext(address_of(request)),
    )
