"""Connections of a test's own, beside Django's: one statement at a time, as a given role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg

AddressOf = Callable[[str], str]
SET_ENVIRONMENT = "select set_config('sealbook.environment', %s, true)"


def run(url: str, statement: str, parameters: Any = None, *, environment: UUID | None = None) -> list[tuple[Any, ...]]:
    """Run one statement in one transaction, in an environment if one is given, and return its rows."""
    with psycopg.connect(url) as connection:
        if environment is not None:
            connection.execute(SET_ENVIRONMENT, [str(environment)])
        cursor = connection.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
