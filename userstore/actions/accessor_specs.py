"""An accessor as somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from userstore.actions.visibility import VisibilitySpec


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """One output column as asked for; references by public id. No visibility keeps that of the stored column."""

    column: UUID
    transformer: UUID | None = None
    token_policy: UUID | None = None
    visibility: VisibilitySpec | None = None


@dataclass(frozen=True, slots=True)
class AccessorSpec:
    """An accessor as asked for. None in the last fields keeps what is stored, or the default of a new one."""

    name: str
    selector: str
    columns: tuple[OutputSpec, ...]
    purposes: tuple[UUID, ...]
    access_policy: UUID
    description: str = ""
    token_policy: UUID | None = None
    life_cycle_state: str = "live"
    consent_mode: str | None = None
    overrides_column_policies: bool | None = None
    use_search_index: bool | None = None
