"""Calls as the straight lines take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from governance.identities import Caller


@dataclass(frozen=True, slots=True)
class CallContext:
    """What is known about how a call came: the observed address, and what the caller claims.

    `via` names a page of ours that made the call for somebody, so that the record says so.
    """

    address: str | None = None
    claimed: Mapping[str, Any] = field(default_factory=dict)
    via: str | None = None


NO_CONTEXT = CallContext()


ASCENDING, DESCENDING = "ascending", "descending"
BEGIN, END = "", "end"
"""Cursors that need not be made: before everybody, and behind everybody."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the result is wanted, and in which order: at most `limit` rows behind or before a cursor.

    `sort_key` names columns of the accessor, `created` or `updated`, and ends with `id`; "" is `id` alone.
    """

    limit: int
    starting_after: str | None = None
    ending_before: str | None = None
    sort_key: str = ""
    sort_order: str = ASCENDING


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The wire's four answers about what lies before and behind a page; the cursors are opaque."""

    has_next: bool = False
    next: str = END
    has_prev: bool = False
    prev: str = BEGIN


ALONE = Neighbours()


@dataclass(frozen=True, slots=True)
class AccessorCall:
    """One execution of an accessor; `region` leaves everybody else out, "" nobody."""

    caller: Caller
    accessor_id: UUID
    selector_values: Sequence[Any] = ()
    context: CallContext = NO_CONTEXT
    page: Page | None = None
    region: str = ""
    grant: UUID | None = None
    """The grant that it is made under; None: a right, or, where there is none, whichever grant there is."""
    exports: bool = False
    """Whether values leave in bulk, which takes the right `export` beside the right to read."""
