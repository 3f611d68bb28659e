"""From a selector's narrowing to subject ids: blind indexes where they help, a bounded scan where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import connection

from keyring.keys import live_index_keys
from keyring.walls import in_environment
from userstore.definitions import SYSTEM_COLUMNS, Definitions
from userstore.errors import TooLarge
from userstore.models.subjects import LIVE
from userstore.selectors import Both, BoundSelector, ById, ByIndex, Either, Everyone, Narrowing, Nobody

_BY_BLIND = """
    select s.public_id from userstore_value v
    join userstore_subject s on s.environment_id = v.environment_id and s.id = v.subject_id
    where v.environment_id = %s and v.column_id = %s and v.blind = any(%s) and v.state = %s
        and (s.erased_at is null or v.state = 1)
"""
_CELLS = """
    select count(*) from (
        select 1 from userstore_value where environment_id = %s and column_id = any(%s) and state = %s limit %s
    ) cells
"""
_ALL = "select public_id from userstore_subject where environment_id = %s and erased_at is null limit %s"
_ALL_WITH_DELETED = """
    select distinct s.public_id from userstore_value v
    join userstore_subject s on s.environment_id = v.environment_id and s.id = v.subject_id
    where v.environment_id = %s and v.state = 1 limit %s
"""


def decided_by_id(bound: BoundSelector) -> Sequence[UUID] | None:
    """The ids, where the selector is nothing but `{id} = ?` or `{id} = ANY (?)`; None for every other one."""
    if bound.columns != ("id",) or bound.columns_read:
        return None
    narrowing = bound.narrow()
    if isinstance(narrowing, Nobody):
        return ()
    exact = isinstance(narrowing, ById) and bound.condition is not None and not hasattr(bound.condition, "parts")
    return narrowing.ids if exact and isinstance(narrowing, ById) else None


def candidates_of(bound: BoundSelector, definitions: Definitions, environment_id: UUID, state: int) -> set[UUID]:
    """Return a superset of the subjects that the selector matches.

    Raises:
        TooLarge: no index helps and more cells than `USERSTORE_SCAN_BOUND` would have to be opened.
    """
    unindexed = [c.name for c in definitions.by_pk.values() if c.name != "id" and (c.is_system or not c.is_looked_up)]
    narrowing = bound.narrow(unindexed=unindexed)
    with in_environment(environment_id):
        found = _resolve(narrowing, definitions, environment_id, state)
        if found is not None:
            return found
        return _everybody_within_bound(bound, definitions, environment_id, state)


def _resolve(narrowing: Narrowing, definitions: Definitions, environment_id: UUID, state: int) -> set[UUID] | None:
    match narrowing:
        case Everyone():
            return None
        case Nobody():
            return set()
        case ById(ids=ids):
            return set(ids)
        case ByIndex(column=name, forms=forms):
            return _by_index(name, forms, definitions, environment_id, state)
        case Both(parts=parts):
            known = [f for f in (_resolve(p, definitions, environment_id, state) for p in parts) if f is not None]
            return set.intersection(*known) if known else None
        case Either(parts=parts):
            each = [_resolve(part, definitions, environment_id, state) for part in parts]
            return None if any(f is None for f in each) else set().union(*(f for f in each if f is not None))


def _by_index(
    name: str, forms: Sequence[bytes], definitions: Definitions, environment_id: UUID, state: int
) -> set[UUID]:
    """Look up under every live version of the index key, so that a rotation loses nobody."""
    column = definitions.by_name[name]
    scope = str(column.public_id)
    blinds = [key.blind(form) for key in live_index_keys(environment_id, scope) for form in forms]
    with connection.cursor() as cursor:
        cursor.execute(_BY_BLIND, [environment_id, column.pk, blinds, state])
        return {row[0] for row in cursor.fetchall()}


def _everybody_within_bound(
    bound: BoundSelector, definitions: Definitions, environment_id: UUID, state: int
) -> set[UUID]:
    limit = settings.USERSTORE_SCAN_BOUND
    columns = [definitions.by_name[n].pk for n in bound.columns if n not in SYSTEM_COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_CELLS, [environment_id, columns, state, limit + 1])
        cells = cursor.fetchone()[0]
        cursor.execute(_ALL if state == LIVE else _ALL_WITH_DELETED, [environment_id, limit + 1])
        found = {row[0] for row in cursor.fetchall()}
    if cells > limit or len(found) > limit:
        raise TooLarge(
            f"This selector has no index to go by and would open more than {limit} values.",
            field="selector",
            remedy="Compare an indexed column for equality, or select by {id}.",
        )
    return found
