"""Does an object have an attribute on another? Asked of the database in one round trip.

An attribute reaches along inherit* direct propagate*: edges from the source on that carry it as `inherit`, then one
that gives it directly, then edges that hand it on. How that is found stands in the migration of the functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from governance.errors import Invalid
from keyring.walls.prepared import Prepared, run_prepared

MOST_CANDIDATES = 60_000
"""Objects that one question may look at."""
_NO, _YES, _TOO_MANY = 0, 1, 2
_UUID, _TEXT, _INT4 = 2950, 25, 23
_CHECK = Prepared(
    "check_attribute",
    "select * from public.governance_check_attribute($1, $2, $3, $4, $5)",
    (_UUID, _UUID, _UUID, _TEXT, _INT4),
)


class TooManyCandidates(Invalid):
    """The question would look at more objects than one question may."""

    def __init__(self) -> None:
        super().__init__(
            f"More than {MOST_CANDIDATES} objects would have to be looked at.",
            field="attribute",
            remedy="Ask about an object with fewer neighbours, or give the attribute on fewer edges.",
        )


@dataclass(frozen=True, slots=True)
class Step:
    """An object on a path and the edge that leads to it; the first object has none."""

    object_id: UUID
    edge_id: UUID | None


@dataclass(frozen=True, slots=True)
class Found:
    """Whether the attribute is had, along which path, and the epoch that the answer was read in.

    `path` is empty where the attribute is not had, and where it would be longer than 200 edges.
    """

    epoch: int
    has_attribute: bool
    path: tuple[Step, ...] = ()


def check_attribute(environment_id: UUID, *, source: UUID, target: UUID, attribute: str) -> Found:
    """Say whether `source` has an attribute on `target` (public ids); unknown objects and attributes have none.

    Works inside the environment's transaction and outside of one. Raises `TooManyCandidates`.
    """
    most = MOST_CANDIDATES.to_bytes(4, "big")
    with connection.wrap_database_errors:
        found = run_prepared(_CHECK, [environment_id.bytes, source.bytes, target.bytes, attribute.encode(), most])
    epoch, verdict, objects, edges = found[0]
    if verdict == _TOO_MANY:
        raise TooManyCandidates
    path = tuple(Step(each, edge) for each, edge in zip(objects or (), [None, *(edges or ())], strict=False))
    return Found(epoch, verdict == _YES, path)


def check_attribute_of_each(environment_id: UUID, *, pairs: Sequence[tuple[UUID, UUID]], attribute: str) -> list[bool]:
    """Say for each pair of source and target whether it holds, in order, in one statement. Raises like above."""
    if not pairs:
        return []
    rows = _all(
        "select c.verdict from unnest(%s::uuid[], %s::uuid[]) with ordinality as p(source, target, place) "
        "cross join lateral public.governance_check_attribute(%s, p.source, p.target, %s, %s) c order by p.place",
        [[one for one, _ in pairs], [other for _, other in pairs], environment_id, attribute, MOST_CANDIDATES],
    )
    if any(verdict == _TOO_MANY for (verdict,) in rows):
        raise TooManyCandidates
    return [verdict == _YES for (verdict,) in rows]


def attributes_between(environment_id: UUID, *, source: UUID, target: UUID) -> tuple[int, list[str]]:
    """Give the epoch and every attribute that `source` has on `target`. Raises `TooManyCandidates`."""
    epoch, verdict, attributes = _one(
        "select * from public.governance_attributes_between(%s, %s, %s, %s)",
        [environment_id, source, target, MOST_CANDIDATES],
    )
    if verdict == _TOO_MANY:
        raise TooManyCandidates
    return epoch, list(attributes)


def reachable_objects(
    environment_id: UUID, *, source: UUID, attribute: str, object_type: UUID
) -> tuple[int, list[UUID]]:
    """Give the epoch and all objects of a type on which `source` has an attribute. Raises `TooManyCandidates`."""
    epoch, verdict, objects = _one(
        "select * from public.governance_reachable_objects(%s, %s, %s, %s, %s)",
        [environment_id, source, attribute, object_type, MOST_CANDIDATES],
    )
    if verdict == _TOO_MANY:
        raise TooManyCandidates
    return epoch, list(objects)


def _one(statement: str, parameters: Sequence[Any]) -> Any:
    return _all(statement, parameters)[0]


def _all(statement: str, parameters: Sequence[Any]) -> list[Any]:
    """Run a statement, its parameters bound by the server.

    Not prepared by psycopg: after a rollback it drops every prepared statement of the connection, the store's too.
    """
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    try:
        with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
            cursor.execute(statement, parameters, prepare=False, binary=True)
            return cursor.fetchall()
    except Exception:
        connection.needs_rollback = connection.in_atomic_block
        raise
