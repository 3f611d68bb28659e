"""Pages of the wire contract: ordered by id, cursors `id:<uuid>`, all four answers always present."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from governance.errors import Invalid

M = TypeVar("M", bound=Model)

LARGEST_PAGE = 1500
BEGIN, END = "", "end"


@dataclass(frozen=True, slots=True)
class PageAsked:
    """Which page: behind or before a place, at most `limit` rows."""

    limit: int
    starting_after: str | None
    ending_before: str | None
    is_descending: bool


def asked_page(parameters: Mapping[str, str]) -> PageAsked:
    """Read the paging parameters.

    Raises:
        Invalid: a limit that is none, both directions at once, or a filter or order that this list does not offer.
    """
    if parameters.get("filter"):
        raise Invalid("This list has no filters.", field="filter", remedy="Leave it out.")
    if parameters.get("sort_key", "id") not in {"id", ""}:
        raise Invalid("This list is ordered by id.", field="sort_key", remedy="Use 'id' or leave it out.")
    order = parameters.get("sort_order") or "ascending"
    if order not in {"ascending", "descending"}:
        raise Invalid("The order is ascending or descending.", field="sort_order")
    after, before = parameters.get("starting_after"), parameters.get("ending_before")
    if after is not None and before is not None:
        raise Invalid("Give starting_after or ending_before, not both.", field="ending_before")
    return PageAsked(limit_of(parameters), after, before, order == "descending")


def limit_of(parameters: Mapping[str, str]) -> int:
    """Return how many rows are wanted: 1 to 1500, which is also what no limit means."""
    text = parameters.get("limit") or str(LARGEST_PAGE)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= LARGEST_PAGE:
        raise Invalid(f"The limit is a number from 1 to {LARGEST_PAGE}.", field="limit")
    return int(text)


def page_of(rows: QuerySet[M], asked: PageAsked, render: Callable[[M], Any]) -> dict[str, Any]:
    """Cut one page out of rows with a `public_id` and write it down; must run inside the environment."""
    found, cursors = cut(rows, asked)
    return {"data": [render(row) for row in found], **cursors}


def cut(rows: QuerySet[M], asked: PageAsked) -> tuple[list[M], dict[str, Any]]:
    """Cut one page out of rows with a `public_id`; also gives the four answers about its neighbours."""
    backwards = asked.ending_before is not None
    cursor = asked.ending_before if backwards else asked.starting_after
    # Going backwards turns the order, as descending does; both together are the plain order again.
    falling = asked.is_descending != backwards
    place = _place(cursor or "", "ending_before" if backwards else "starting_after")
    if place is not None:
        rows = rows.filter(**{"public_id__lt" if falling else "public_id__gt": place})
    elif cursor == (BEGIN if backwards else END):
        rows = rows.none()
    found = list(rows.order_by("-public_id" if falling else "public_id")[: asked.limit + 1])
    more = len(found) > asked.limit
    found = found[: asked.limit]
    if backwards:
        found.reverse()
        has_next, has_prev = asked.ending_before != END, more
    else:
        has_next, has_prev = more, bool(asked.starting_after)
    return found, {
        "has_next": has_next,
        "next": _cursor(found[-1]) if has_next and found else END,
        "has_prev": has_prev,
        "prev": _cursor(found[0]) if has_prev and found else BEGIN,
    }


def _cursor(row: Any) -> str:
    return f"id:{row.public_id}"


def _place(cursor: str, field: str) -> UUID | None:
    if cursor in {BEGIN, END}:
        return None
    try:
        if not cursor.startswith("id:"):
            raise ValueError
        return UUID(cursor.removeprefix("id:"))
    except ValueError:
        raise Invalid("This list made no such cursor.", field=field, remedy="Begin again without one.") from None
