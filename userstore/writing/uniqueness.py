"""Unique columns while their index key is renewed: the database compares under one version, this under all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import connection

from governance.errors import Conflict
from keyring.keys import live_index_keys
from userstore.datatypes import Value
from userstore.definitions import ColumnDefinition

_WAIT = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
_TAKEN = """
    select exists (select from userstore_value
        where environment_id = %s and column_id = %s and blind = any(%s) and is_unique_key and state = 0)
"""


def conflict_over(names: Collection[str]) -> Conflict:
    """Say that a unique column has a value already; name it, where only one can be meant."""
    unique = sorted(names)
    if len(unique) == 1:
        return Conflict(f"Column {unique[0]} is unique and has this value already.", field=unique[0])
    return Conflict(f"One of the columns {', '.join(unique)} is unique and has this value already.")


def is_taken(environment_id: UUID, column: ColumnDefinition, values: Sequence[Value]) -> bool:
    """Say whether somebody has one of these values under any version of the column's index key.

    With one version the database's constraint decides, and nothing is asked. With several, whoever writes the same
    value waits here until this transaction ends: two writers may believe in different versions for a minute.
    """
    keys = live_index_keys(environment_id, str(column.public_id))
    if len(keys) < 2 or not values:
        return False
    forms = [column.data_type.index_form(value) for value in values]
    oldest = keys[-1]  # every process that knows several versions knows this one
    with connection.cursor() as cursor:
        for blind in sorted(oldest.blind(form).hex() for form in forms):
            cursor.execute(_WAIT, [f"unique {environment_id} {column.pk} {blind}"])
        blinds = [key.blind(form) for key in keys for form in forms]
        cursor.execute(_TAKEN, [environment_id, column.pk, blinds])
        return bool(cursor.fetchone()[0])
