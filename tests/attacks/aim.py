"""One call of the API, as it is aimed at somebody else's objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Aim:
    """One call of one address; `{names}` in path and body stand for ids."""

    method: str
    route: str
    body: Any = None
    query: str = ""
