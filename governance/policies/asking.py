"""On whose behalf a script asks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from governance.identities import Caller


@dataclass(frozen=True, slots=True)
class Asking:
    """On whose behalf a script runs. `caller` is None where a text is only tried out."""

    environment_id: UUID
    caller: Caller | None = None
