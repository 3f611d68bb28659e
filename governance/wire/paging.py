"""Pages of the wire contract: ordered by keys, then by id; all four answers about the neighbours are always there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from governance.errors import Invalid
from governance.wire.filters import filter_of
from governance.wire.keys import BY_ID, Key, Keys, read_cursor_value

M = TypeVar("M", bound=Model)

LARGEST_PAGE = 1500
BEGIN, END = "", "end"


@dataclass(frozen=True, slots=True)
class PageAsked:
    """Which page of what: behind or before a place in an order, at most `limit` rows of those that fit."""

    limit: int
    starting_after: str | None
    ending_before: str | None
    is_descending: bool
    order: Mapping[str, Key]
    condition: Q

    @property
    def is_backwards(self) -> bool:
        return self.ending_before is not None

    @property
    def is_falling(self) -> bool:
        """Whether rows are read in falling order: going backwards turns the order, as descending does."""
        return self.is_descending != self.is_backwards

    @property
    def cursor(self) -> str:
        return (self.ending_before if self.is_backwards else self.starting_after) or ""

    @property
    def is_beyond_the_end(self) -> bool:
        """Whether nothing can be there: before the beginning, or after the end."""
        return self.cursor == END if not self.is_backwards else self.cursor == BEGIN

    def named_values(self) -> dict[str, str]:
        """Read the cursor into its parts, {} where it is the beginning or the end."""
        if self.cursor in {BEGIN, END}:
            return {}
        return {name: value for name, _, value in (part.partition(":") for part in self.cursor.split(","))}

    def bad_cursor(self) -> Invalid:
        field = "ending_before" if self.is_backwards else "starting_after"
        return Invalid("This list made no such cursor.", field=field, remedy="Begin again without one.")


def asked_page(parameters: Mapping[str, str], keys: Keys = BY_ID) -> PageAsked:
    """Read the paging parameters of a list that offers these keys, `id` among them.

    Raises:
        Invalid: a limit that is none, both directions at once, or a filter or order that this list does not offer.
    """
    order = parameters.get("sort_order") or "ascending"
    if order not in {"ascending", "descending"}:
        raise Invalid("The order is ascending or descending.", field="sort_order")
    after, before = parameters.get("starting_after"), parameters.get("ending_before")
    if after is not None and before is not None:
        raise Invalid("Give starting_after or ending_before, not both.", field="ending_before")
    return PageAsked(
        limit=limit_of(parameters),
        starting_after=after,
        ending_before=before,
        is_descending=order == "descending",
        order=_order(parameters.get("sort_key") or "id", keys),
        condition=filter_of(parameters["filter"], keys) if parameters.get("filter") else Q(),
    )


def limit_of(parameters: Mapping[str, str]) -> int:
    """Return how many rows are wanted: 1 to 1500, which is also what no limit means."""
    text = parameters.get("limit") or str(LARGEST_PAGE)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= LARGEST_PAGE:
        raise Invalid(f"The limit is a number from 1 to {LARGEST_PAGE}.", field="limit")
    return int(text)


def page_of(rows: QuerySet[M], asked: PageAsked, render: Callable[[M], Any]) -> dict[str, Any]:
    """Cut one page out of rows and write it down; must run inside the environment."""
    found, cursors = cut(rows, asked)
    return {"data": [render(row) for row in found], **cursors}


def cut(rows: QuerySet[M], asked: PageAsked) -> tuple[list[M], dict[str, Any]]:
    """Cut one page out of rows; also gives the four answers about its neighbours."""
    found = list(beyond(rows, asked, values_at(asked))[: asked.limit + 1])
    return framed(found, asked, lambda row: cursor_of(row, asked))


def values_at(asked: PageAsked, *, beside: Sequence[str] = ()) -> tuple[Any, ...]:
    """Read where the cursor points: the values of the order's keys, none at the beginning and the end.

    Args:
        beside: what the cursor names further; it is left to the caller.

    Raises:
        Invalid: another list, or another order, made it.
    """
    named = asked.named_values()
    if not named:
        return ()
    if set(named) != {*asked.order, *beside}:
        raise asked.bad_cursor()
    try:
        return tuple(read_cursor_value(key, named[name]) for name, key in asked.order.items())
    except (ValueError, OverflowError):
        raise asked.bad_cursor() from None


def beyond(rows: QuerySet[M], asked: PageAsked, place: Sequence[Any], *, with_the_place: bool = False) -> QuerySet[M]:
    """Return the rows that fit and lie beyond a place, in the order they are read."""
    rows = rows.filter(asked.condition)
    if asked.is_beyond_the_end:
        return rows.none()
    if place:
        rows = rows.filter(_beyond(asked, place, with_the_place=with_the_place))
    sign = "-" if asked.is_falling else ""
    return rows.order_by(*(f"{sign}{key.field}" for key in asked.order.values()))


T = TypeVar("T")


def framed(found: list[T], asked: PageAsked, cursor: Callable[[T], str]) -> tuple[list[T], dict[str, Any]]:
    """Turn what was read, one more than the limit where there is more, into a page and its four answers."""
    more = len(found) > asked.limit
    found = found[: asked.limit]
    if asked.is_backwards:
        found.reverse()
        has_next, has_prev = asked.ending_before != END, more
    else:
        has_next, has_prev = more, bool(asked.starting_after)
    return found, {
        "has_next": has_next,
        "next": cursor(found[-1]) if has_next and found else END,
        "has_prev": has_prev,
        "prev": cursor(found[0]) if has_prev and found else BEGIN,
    }


def cursor_of(row: Model, asked: PageAsked) -> str:
    """Write the place of a row in the order."""
    return ",".join(f"{name}:{key.write(getattr(row, key.field))}" for name, key in asked.order.items())


def _order(text: str, keys: Keys) -> dict[str, Key]:
    order: dict[str, Key] = {}
    for name in text.split(","):
        key = keys.get(name)
        if not isinstance(key, Key) or not key.sorts or name in order or "id" in order:
            raise Invalid(
                "This list is not ordered by that.",
                field="sort_key",
                remedy=f"Name each of these at most once, id last: {', '.join(n for n, k in keys.items() if k.sorts)}.",
            )
        order[name] = key
    ids = keys["id"]
    return order if "id" in order or not isinstance(ids, Key) else {**order, "id": ids}


def _beyond(asked: PageAsked, place: Sequence[Any], *, with_the_place: bool) -> Q:
    comparison = "lt" if asked.is_falling else "gt"
    condition, equal = Q(), Q()
    for key, value in zip(asked.order.values(), place, strict=True):
        condition |= equal & Q(**{f"{key.field}__{comparison}": value})
        equal &= Q(**{key.field: value})
    return condition | equal if with_the_place else condition
