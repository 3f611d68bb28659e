"""Emptying the tables between tests, the book's too, and filling them again; only in a test's own database."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

KEPT = ("django_migrations", "django_content_type", "auth_permission")
"""What migrating made and no test changes."""

_GUARDS = """
select tgrelid::regclass::text, quote_ident(tgname) from pg_trigger
where tgparentid = 0 and tgfoid = to_regproc('audit_refuse')
"""
_FILLED = """
select string_agg(format('delete from %%I', relname), '; ') from pg_class
where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> all(%s) and pg_relation_size(oid) > 0
"""
_KEEP = """
select string_agg(format('create table kept.%%I as table public.%%I', relname, relname), '; ') from pg_class
where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> all(%s) and pg_relation_size(oid) > 0
"""
_PUT_BACK = """
select string_agg(format('insert into public.%I overriding system value table kept.%I', relname, relname), '; ')
from pg_class where relnamespace = 'kept'::regnamespace
"""


def empty(connection: Any) -> bool:
    """Delete every row; False where no superuser of the server is known, so that somebody else has to.

    Truncating a hundred tables makes new files for each and its indexes, which takes longer than most tests do.
    """
    server = _server(connection)
    if server is None:
        return False
    with server.transaction(), server.cursor() as cursor:
        guards: Sequence[tuple[str, str]] = cursor.execute(_GUARDS).fetchall()
        lift = "; ".join(f"alter table {table} disable trigger {trigger}" for table, trigger in guards)
        lower = "; ".join(f"alter table {table} enable always trigger {trigger}" for table, trigger in guards)
        cursor.execute("set local session_replication_role = replica")  # neither triggers nor foreign keys
        filled = (cursor.execute(_FILLED, [list(KEPT)]).fetchone() or ("",))[0]
        for statement in filter(None, (lift, filled, lower)):
            cursor.execute(statement)
    return True


def keep_rows(connection: Any) -> bool:
    """Copy every row to where no test looks; False where no superuser of the server is known."""
    server = _server(connection)
    if server is None:
        return False
    with server.transaction():
        server.execute("drop schema if exists kept cascade; create schema kept")
        server.execute((server.execute(_KEEP, [list(KEPT)]).fetchone() or ("",))[0])
    return True


def put_rows_back(connection: Any) -> None:
    """Fill the empty tables with the rows that are kept."""
    server = _server(connection)
    assert server is not None
    with server.transaction():
        server.execute("set local session_replication_role = replica")
        server.execute((server.execute(_PUT_BACK).fetchone() or ("",))[0])


def forget_rows(connection: Any) -> None:
    """Drop the copies."""
    server = _server(connection)
    if server is not None:
        server.execute("set client_min_messages = warning; drop schema if exists kept cascade")


def _server(connection: Any) -> psycopg.Connection[Any] | None:
    """Return a superuser's connection to the test's database, None where none is known."""
    admin = os.environ.get("SEALBOOK_TEST_SUPERUSER_URL")
    name = connection.settings_dict["NAME"]
    assert name.startswith("test_"), name
    return _connected(admin, name) if admin else None


@lru_cache(maxsize=1)
def _connected(admin: str, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(urlunsplit(urlsplit(admin)._replace(path=f"/{database}")), autocommit=True)


def disconnect() -> None:
    """Let go of the database, so that it can be dropped."""
    if _connected.cache_info().currsize:
        _connected.cache_clear()
