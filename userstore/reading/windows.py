"""From a page asked for to the part of an order it shows, and from what was found to the cursors of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from governance.authorization import Clearance
from governance.errors import Invalid
from userstore.reading.calls import BEGIN, END, Neighbours, Page
from userstore.reading.cursors import cursor_at, place_of
from userstore.reading.ordering import Order, Place, order_of
from userstore.reading.plan import AccessorPlan


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` subjects of an order, beyond a place (None: from where one starts), forward or backward."""

    order: Order
    limit: int
    place: Place | None = None
    is_backward: bool = False
    is_void: bool = False

    @property
    def falls(self) -> bool:
        """Whether the way through the window leads from high places to low ones."""
        return self.order.is_descending != self.is_backward

    def lies_ahead(self, place: Place) -> bool:
        """Whether the way through the window comes to a place."""
        if self.place is None:
            return True
        return place < self.place if self.falls else place > self.place


class Reach(Protocol):
    """How far a page reaches, and whether there is more in its direction."""

    first: Place | None
    last: Place | None
    more: bool


def window_of(page: Page, plan: AccessorPlan, clearance: Clearance) -> Window:
    """Read which part is wanted.

    Raises:
        Invalid: both directions at once, a cursor of another accessor or order, an order that there is not.
    """
    order = order_of(plan, page.sort_key, page.sort_order)
    after, before = page.starting_after, page.ending_before
    if after is not None and before is not None:
        raise Invalid("Give starting_after or ending_before, not both.", field="ending_before")
    if before is None:
        place = _place(after or BEGIN, order, plan, clearance, field="starting_after")
        return Window(order, page.limit, place, is_void=after == END)
    place = _place(before, order, plan, clearance, field="ending_before")
    return Window(order, page.limit, place, is_backward=True, is_void=before == BEGIN)


def neighbours_of(window: Window, page: Reach, environment_id: UUID, accessor_id: UUID) -> Neighbours:
    """Tell what surrounds a page."""

    def cursor(place: Place) -> str:
        return cursor_at(place, window.order, environment_id, accessor_id)

    is_inside = window.place is not None or window.is_void
    has_next, has_prev = (is_inside, page.more) if window.is_backward else (page.more, is_inside)
    # A page that holds nobody lies at one end of the order: behind it is that end, before it everybody else.
    return Neighbours(
        has_next,
        (cursor(page.last) if page.last else BEGIN) if has_next else END,
        has_prev,
        (cursor(page.first) if page.first else END) if has_prev else BEGIN,
    )


def _place(cursor: str, order: Order, plan: AccessorPlan, clearance: Clearance, *, field: str) -> Place | None:
    if cursor in {BEGIN, END}:
        return None
    return place_of(cursor, order, clearance.environment_id, plan.public_id, field=field)
