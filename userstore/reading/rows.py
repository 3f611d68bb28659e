"""What travels along the read line: sealed subjects, opened ones, rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from keyring.keys import OpenKey


class SealedCell(NamedTuple):
    """One value row as it lies in the database; `expires` runs beside `purposes` (Unix seconds, 0: no end)."""

    column_pk: int
    value_id: UUID
    sealed: bytes
    purposes: Sequence[int]
    expires: Sequence[int]


@dataclass(slots=True)
class SealedSubject:
    """A subject with the cells that were asked for, still sealed. `withheld` counts cells the consent gate kept back."""

    pk: int
    public_id: UUID
    key_id: UUID
    wrapped: bytes
    handle: bytes
    facts: tuple[datetime, datetime, UUID | None, int]
    cells: list[SealedCell]
    withheld: set[int] = field(default_factory=set)

    def system_text(self, name: str) -> str | None:
        """A system column as text, made only when somebody asks: most reads do not."""
        created, updated, organization, version = self.facts
        match name:
            case "id":
                return str(self.public_id)
            case "created":
                return f"{created:%Y-%m-%dT%H:%M:%SZ}"
            case "updated":
                return f"{updated:%Y-%m-%dT%H:%M:%SZ}"
            case "organization_id":
                return str(organization) if organization else None
            case "version":
                return str(version)
        raise KeyError(name)


class OpenedValue(NamedTuple):
    """One value in the clear, on its way to the policy and the transformers."""

    value_id: UUID
    text: str


@dataclass(slots=True)
class OpenedSubject:
    """A subject with opened values by column key."""

    sealed: SealedSubject
    key: OpenKey
    handle: str
    values: dict[int, list[OpenedValue]]


@dataclass(slots=True)
class Rows:
    """The result of a read: rows to release, and the facts of their record."""

    rows: list[dict[str, str]]
    subject_ids: list[UUID]
    facts: dict[str, Any]
    decision_id: UUID
    has_next: bool = False
    next_cursor: str = "end"
    entry_id: UUID | None = None
