"""Writes as the straight line takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from re import compile as pattern
from typing import Any
from uuid import UUID

from governance.errors import Invalid
from governance.identities import Caller
from userstore.reading.calls import NO_CONTEXT, CallContext

_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)
_VERSION = pattern(r"[A-Za-z][A-Za-z0-9._/\-]{0,63}")


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """How consent was given: the version of the text that was shown, and until when it holds.

    Raises:
        Invalid: the version is no short name. It is kept in the clear, so there is no room in it for a person's words.
    """

    text_version: str = ""
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.text_version and not _VERSION.fullmatch(self.text_version):
            raise Invalid(
                "The version of a text is a name of up to 64 letters, digits and . _ / -, beginning with a letter.",
                field="text_version",
                remedy="For example newsletter-2031-05.",
            )

    @property
    def ends_at(self) -> int:
        """Unix seconds until which it holds, as value rows store them: 0 for no end, so no end is ever 0."""
        # Not by way of a float, which rounds the last second of the calendar up, out of it.
        return ((self.until - _EPOCH) // _SECOND or -1) if self.until else 0


NO_TERMS = ConsentTerms()


@dataclass(frozen=True, slots=True)
class MutatorCall:
    """One execution of a mutator; `row_data` is what the wire calls it: changes by column name.

    `region` leaves everybody else out, "" nobody.
    """

    caller: Caller
    mutator_id: UUID
    selector_values: Sequence[Any]
    row_data: Mapping[str, Any]
    context: CallContext = NO_CONTEXT
    consent: ConsentTerms = NO_TERMS
    region: str = ""
