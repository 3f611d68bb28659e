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


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the result is wanted: at most `limit` rows after an opaque cursor ("" is the beginning)."""

    limit: int
    starting_after: str = ""


@dataclass(frozen=True, slots=True)
class AccessorCall:
    """One execution of an accessor."""

    caller: Caller
    accessor_id: UUID
    selector_values: Sequence[Any] = ()
    context: CallContext = NO_CONTEXT
    page: Page | None = None
