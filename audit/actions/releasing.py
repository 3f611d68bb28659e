"""Letting a filtered view of the book out as a file, which the book records before the first byte leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from audit import queries
from audit.actions.reading import Filters
from audit.actors import Actor
from audit.errors import ExportWaits
from audit.events import VIEW_EXPORTED, declared
from audit.exports.forms import Form, Placed
from audit.integrity.state import against
from audit.models import Leaf
from audit.queries import AUDITOR, every_entry
from audit.recorder import append
from audit.searching import must_be_searchable

_AT_ONCE = 500


def export_view(
    *, actor: Actor, environment_id: UUID, filters: Filters, form: Form, form_name: str, door: str, now: datetime
) -> Iterator[bytes]:
    """Return the lines of a view, newest first, after recording that they leave and how many entries they are.

    Sealed entries alone are in it, those that the tree has by now: what is sealed meanwhile does not come, so the count
    on record is what leaves. Memory stays flat.

    Raises:
        ExportWaits: the book is not sealed, or no witness sees it; nothing leaves and nothing is recorded.
        AuditorNotConfigured: the book cannot be read here.
        AuditUnavailable: it cannot be recorded, so nothing leaves.
        SearchTooWide: the filters leave too much to go through.
    """
    if reason := against({"export"}, now=now):
        raise ExportWaits(reason)
    size, used = _size(), filters.used()
    must_be_searchable(environment_id=environment_id, **used)
    sealed = Leaf.objects.using(AUDITOR).filter(entry_id=OuterRef("id"), index__lt=size)
    count = queries.matching(environment_id=environment_id, **used).filter(Exists(sealed)).count()
    told = {
        "filters": sorted(used),
        "form": form_name,
        "entries": count,
        "size": size,
        "door": door,
        **_values(filters),
    }
    append(VIEW_EXPORTED, environment_id=environment_id, actor=actor, facts=told)
    return _lines(environment_id, used, form, size)


def _values(filters: Filters) -> dict[str, Any]:
    """Return what may be said of the filters: a person's handle, and whatever was only typed in, may not."""
    known = [each for each in filters.kinds or () if each in declared()]
    told = {"kinds": known, "actor": filters.actor_id, "since": filters.since, "until": filters.until}
    outcome = {"outcome": filters.outcome} if filters.outcome in ("done", "refused", "failed") else {}
    return {name: value for name, value in told.items() if value} | outcome


def _lines(environment_id: UUID, used: dict[str, Any], form: Form, size: int) -> Iterator[bytes]:
    yield form.head
    entries = every_entry(environment_id=environment_id, chunk=_AT_ONCE, **used)
    while chunk := [*islice(entries, _AT_ONCE)]:
        ids = [each.id for each in chunk]
        leaves = Leaf.objects.using(AUDITOR).filter(entry_id__in=ids, index__lt=size)
        places = {each: (index, bytes(hash_)) for each, index, hash_ in leaves.values_list("entry_id", "index", "hash")}
        yield b"".join(form.line(Placed(*places[each.id], each)) for each in chunk if each.id in places)


def _size() -> int:
    last = Leaf.objects.using(AUDITOR).order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1
