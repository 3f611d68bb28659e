"""The book for people: entries of the chosen environment, newest first. Every look at it is an entry, too."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from audit.actions.reading import Page, read_entries, read_entry
from audit.errors import EntryNotFound, SearchTooWide
from audit.integrity.places import place_of
from audit.integrity.state import sealing
from audit.queries import Cursor
from governance.console.book_lines import choices, filters_of, id_of, line_of, used
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, require
from governance.queries import names_of_actors

PAGE = 50


@require_GET
def book(request: HttpRequest) -> HttpResponse:
    """List entries by kind, outcome, actor, decision, request, the handle of a person, or an id that they name."""
    require(request, AUDIT)
    caller = operator_caller(request)
    asked = used(request.GET)
    page, too_wide = Page([], has_next=False), ""
    try:
        page = read_entries(
            actor=caller.actor,
            environment_id=caller.environment_id,
            filters=filters_of(asked),
            door="console",
            after=_cursor(request.GET.get("after", "")),
            limit=PAGE,
        )
    except SearchTooWide as wide:
        too_wide = str(wide)
    names = names_of_actors(entry.actor for entry in page.entries)
    older = urlencode({**asked, "after": _cursor_text(page.entries[-1].cursor)}) if page.has_next else ""
    return _page(
        request,
        "governance/book.html",
        title="The book",
        entries=[line_of(entry, names) for entry in page.entries],
        **choices(),
        asked=asked,
        following=urlencode(asked),
        too_wide=too_wide,
        older=older,
        sealing=_sealing(timezone.now()),
    )


def _sealing(now: datetime) -> dict[str, Any]:
    state = sealing()
    return {"code": state.code(now), "size": state.size, "turned_at": state.turned_at, "told": state.witness_trouble}


@require_GET
def book_entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Show one entry with all its facts."""
    require(request, AUDIT)
    caller = operator_caller(request)
    try:
        entry = read_entry(actor=caller.actor, environment_id=caller.environment_id, entry_id=entry_id, door="console")
    except EntryNotFound:
        raise Http404 from None
    facts = [(name, _written(value)) for name, value in sorted(entry.facts.items())]
    shown, place = line_of(entry, names_of_actors([entry.actor])), place_of(entry)
    return _page(request, "governance/book_entry.html", title="Entry", entry=shown, facts=facts, place=place)


@require_GET
def book_proof(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Hand out the proof of an entry, or with `?body` the very bytes that it speaks of."""
    require(request, AUDIT)
    caller = operator_caller(request)
    try:
        entry = read_entry(actor=caller.actor, environment_id=caller.environment_id, entry_id=entry_id, door="console")
    except EntryNotFound:
        raise Http404 from None
    if "body" in request.GET:
        return _file(entry.text, f"{entry_id}.json", "application/json")
    place = place_of(entry)
    if place is None:
        raise Http404
    return _file(str(place.proof), f"{entry_id}.tlog-proof", "text/plain; charset=utf-8")


def _file(text: str, name: str, content_type: str) -> HttpResponse:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type=content_type, headers=disposition)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _cursor_text(cursor: Cursor) -> str:
    return f"{cursor[0].isoformat()}|{cursor[1]}"


def _cursor(text: str) -> Cursor | None:
    moment, _, entry = text.partition("|")
    found: datetime | None = parse_datetime(moment) if entry else None
    if found is None or found.tzinfo is None:
        return None
    return found, id_of(entry)


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
