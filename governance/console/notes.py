"""What scripts left as notes: that there are some is shown, a text only to who opens it, and the book says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from governance.actions.script_notes import read_note
from governance.models import ScriptNote
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, require

PAGE = 50


@require_GET
def script_notes(request: HttpRequest) -> HttpResponse:
    """List notes, newest first, without their texts."""
    require(request, AUDIT)
    page = Paginator(ScriptNote.objects.defer("text"), PAGE).get_page(request.GET.get("p"))
    lasting = timedelta(days=settings.GOVERNANCE_SCRIPT_NOTE_DAYS)
    notes = [{"id": note.id, "at": note.noted_at, "until": note.noted_at + lasting} for note in page.object_list]
    return _page(request, title="Script notes", notes=notes, page=page)


@never_cache
@require_POST
def script_note(request: HttpRequest, note_id: UUID) -> HttpResponse:
    """Open one note. A POST: opening it leaves an entry, and no other page can make anybody do it."""
    require(request, AUDIT)
    text = read_note(operator_caller(request), note_id=note_id, now=timezone.now())
    return _page(request, title="Script note", opened=text, note_id=note_id)


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    return render(request, "governance/script_notes.html", {**admin.site.each_context(request), **context})
