"""How much of the book a search may go through: what no index and no count narrows reads every body there is."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from audit.errors import SearchTooWide
from audit.queries import READS, Cursor, is_published, matching

SEARCHED_AT_MOST: Final = 200_000
"""Bodies that one search goes through: some tenths of a second of one core."""
_IN_BODIES = ("naming", "accessor", "purpose", "subject")
_WHY = {
    "naming": "An id is looked for in every entry, and",
    "accessor": "No accessor of that name was ever published here, so it is looked for in every read, and",
}


def must_be_searchable(*, environment_id: UUID, after: Cursor | None = None, **filters: Any) -> None:
    """Return where a search by these filters of `queries.entries` is one of bounded work.

    Raises:
        SearchTooWide: it would go through more than `SEARCHED_AT_MOST` bodies; says how to narrow it.
        AuditorNotConfigured: the book cannot be read here.
    """
    accessor = filters.get("accessor")
    if filters.get("naming") is not None:
        field = "naming"
    elif accessor is not None and not is_published(environment_id, accessor):
        field = "accessor"
    else:
        return
    others = {name: value for name, value in filters.items() if name not in _IN_BODIES}
    if accessor is not None:
        others["kinds"] = sorted({*READS} & {*(others.get("kinds") or READS)})
    found = matching(environment_id=environment_id, after=after, **others).order_by().values("id")
    if found[: SEARCHED_AT_MOST + 1].count() > SEARCHED_AT_MOST:
        raise SearchTooWide(
            field,
            f"{_WHY[field]} there are more than {SEARCHED_AT_MOST:,} of them in this time. "
            "Say since and until, or a kind, an actor or an outcome as well.",
        )
