"""Times of the graph in the wire contract: never null, what is alive was deleted in the year 1."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

NEVER = "0001-01-01T00:00:00Z"


class Dated(Protocol):
    """A row that says when it was made and changed."""

    created_at: datetime
    updated_at: datetime


def life_of(row: Dated) -> dict[str, str]:
    """Write when a row was made, changed and deleted."""
    return {"created": _written(row.created_at), "updated": _written(row.updated_at), "deleted": NEVER}


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
