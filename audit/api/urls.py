"""Paths of the book's door."""

from __future__ import annotations

from django.urls import path

from audit.api.views import Entries, ExportedEntries, SingleEntry

app_name = "audit"

urlpatterns = [
    path("audit/entries", Entries.as_view(), name="entries"),
    path("audit/export", ExportedEntries.as_view(), name="export"),
    path("audit/entries/<uuid:entry_id>", SingleEntry.as_view(), name="entry"),
]
