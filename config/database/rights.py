"""What the roles may do with tables, functions and sequences that migrations are going to make.

Run by the owner before the first table exists, in every database (a test run makes its own).
"""

from __future__ import annotations

from django.core.management.base import CommandError
from django.db import connections
from psycopg.sql import SQL, Identifier

from config.database.roles import APP, AUDITOR, CONNECTING_ROLES, DOORMAN, SEALER

_READERS = ", ".join((APP, SEALER, AUDITOR, DOORMAN))

FUTURE_RIGHTS = (
    f"grant usage on schema public to {_READERS}",
    f"alter default privileges in schema public grant select, insert, update, delete on tables to {APP}",
    f"alter default privileges in schema public grant usage, select on sequences to {APP}",
    # Without "in schema": a default per schema can only add to the global one, so functions would stay public.
    "alter default privileges revoke execute on functions from public",
)


def grant_future_rights(*, using: str) -> None:
    """Give every role its rights on what the owner is about to make; safe to repeat."""
    with connections[using].cursor() as cursor:
        cursor.execute("select rolname from pg_roles where rolname = any(%s)", [[*CONNECTING_ROLES, DOORMAN]])
        missing = {*CONNECTING_ROLES, DOORMAN} - {row[0] for row in cursor.fetchall()}
        if missing:
            raise CommandError(
                f"Database role {', '.join(sorted(missing))} does not exist: "
                "run `sealbook bootstrap-database` as the cluster's administrator first."
            )
        cursor.execute("select current_database()")
        database = Identifier(cursor.fetchone()[0])
        roles = SQL(", ").join(map(Identifier, CONNECTING_ROLES))
        # Also takes TEMP away, so the application cannot plant temporary tables or functions.
        cursor.execute(SQL("revoke all on database {} from public").format(database))
        cursor.execute(SQL("grant connect on database {} to {}").format(database, roles))
        for statement in FUTURE_RIGHTS:
            cursor.execute(statement)


def close_migration_history(*, using: str) -> None:
    """Leave the record of migrations readable for the application, and nothing more."""
    with connections[using].cursor() as cursor:
        cursor.execute("select to_regclass('public.django_migrations')")
        if cursor.fetchone()[0]:
            cursor.execute(f"revoke insert, update, delete on django_migrations from {APP}")
