"""Waiting for what is under way in this database, and not for what other databases of the same server do."""

from __future__ import annotations

from django.db import connection

_NOW = "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
_UNDER_WAY = """
select exists (
    select 1 from pg_snapshot_xip(pg_current_snapshot()) x
    where x::text::bigint < %s and x <> pg_current_xact_id() and exists (
        select 1 from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'transactionid' and l.transactionid = x::xid and a.datname = current_database()
    )
)
"""


def transactions_so_far() -> int:
    """Return a mark that every transaction which writes now lies before."""
    return _asked(_NOW, [])


def is_under_way_before(mark: int) -> bool:
    """Say whether a transaction that was under way when the mark was made still is, ours apart."""
    return bool(_asked(_UNDER_WAY, [mark]))


def _asked(statement: str, parameters: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: int = cursor.fetchone()[0]
    return found
