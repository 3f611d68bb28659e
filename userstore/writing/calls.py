"""Writes as the straight line takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.identities import Caller
from userstore.reading.calls import NO_CONTEXT, CallContext


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """How consent was given: the version of the text that was shown, and until when it holds."""

    text_version: str = ""
    until: datetime | None = None

    @property
    def ends_at(self) -> int:
        """Unix seconds until which it holds, as value rows store them: 0 for no end, so no end is ever 0."""
        return (int(self.until.timestamp()) or -1) if self.until else 0


NO_TERMS = ConsentTerms()


@dataclass(frozen=True, slots=True)
class MutatorCall:
    """One execution of a mutator; `row_data` is what the wire calls it: changes by column name."""

    caller: Caller
    mutator_id: UUID
    selector_values: Sequence[Any]
    row_data: Mapping[str, Any]
    context: CallContext = NO_CONTEXT
    consent: ConsentTerms = NO_TERMS
