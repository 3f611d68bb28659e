"""The rows of the isolation matrix: one call of one address, and what each caller gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One call of one address, and what each caller gets. `abroad`: a client with every right elsewhere."""

    method: str
    route: str
    body: Any = None
    query: str = ""
    service: int = 200
    abroad: int = 404


def built_in(route: str, wrapper: str, *, query: str = "") -> list[Row]:
    """The rows of a family, asked for a built-in object: it has the same id in every environment, and never changes."""
    single, bad = f"{route}/<uuid:public_id>", {wrapper: {"name": "1 is no name"}}
    return [
        Row("GET", route, abroad=200),
        Row("POST", route, bad, service=400, abroad=400),
        Row("GET", single, abroad=200),
        Row("PUT", single, bad, service=400, abroad=400),
        Row("DELETE", single, query=query, service=400, abroad=400),
    ]


def defined_here(route: str, wrapper: str, *, retired: int) -> list[Row]:
    """The rows of a family, asked for an object of the scene: elsewhere there is none."""
    single, bad = f"{route}/<uuid:public_id>", {wrapper: {"name": "1 / is no name", "type": "string"}}
    return [
        Row("GET", route, abroad=200),
        Row("POST", route, bad, service=400, abroad=400),
        Row("GET", single),
        Row("PUT", single, bad, service=400),
        Row("DELETE", single, service=retired),
    ]
