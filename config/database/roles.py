"""The roles of a cluster and the database they share; made once by the cluster's administrator, repaired by running it
again.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg.sql import SQL, Identifier, Literal

OWNER = "sealbook_owner"
APP = "sealbook_app"
SEALER = "sealbook_sealer"
AUDITOR = "sealbook_auditor"
BACKUP = "sealbook_backup"
DOORMAN = "sealbook_doorman"

LOGIN_ROLES = (OWNER, APP, SEALER, AUDITOR, BACKUP)
"""Roles with a password. The doorman owns one look-up function and never logs in."""

CONNECTING_ROLES = (APP, SEALER, AUDITOR, BACKUP)
"""Roles that need the right to connect; the owner has it by owning the database."""

_BOOTSTRAP_LOCK = 733_100

_DRIFT = {
    "rolsuper": "SUPERUSER",
    "rolcreaterole": "CREATEROLE",
    "rolcreatedb": "CREATEDB",
    "rolreplication": "REPLICATION",
    "rolbypassrls": "BYPASSRLS",
    "rolcanlogin": "LOGIN",
    "rolinherit": "INHERIT",
}
"""Column of pg_roles -> the word of ALTER ROLE that turns it on (with NO before it: off)."""


def bootstrap_database(*, admin_url: str, database: str, passwords: Mapping[str, str]) -> None:
    """Make or repair all roles and make the database; running it again changes nothing but the passwords.

    `passwords` maps each of `LOGIN_ROLES` to its password; it is hashed here, so the clear text never reaches the
    server or its log. `admin_url` is a superuser's. Raises `KeyError` where a password is missing.
    """
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("select pg_advisory_lock(%s)", [_BOOTSTRAP_LOCK])  # two runs may boot at once; ends with us
        for role in (*LOGIN_ROLES, DOORMAN):
            _ensure_role(admin, role)
        for role in LOGIN_ROLES:
            _set_password(admin, role, passwords[role])
        _set_memberships_and_limits(admin)
        _ensure_database(admin, database)


def permit_test_databases(*, admin_url: str) -> None:
    """Let the owner create databases, as test runs need it. Never in production."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(SQL("alter role {} createdb").format(Identifier(OWNER)))


def _ensure_role(admin: psycopg.Connection, role: str) -> None:
    if not admin.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
        admin.execute(SQL("create role {}").format(Identifier(role)))
    wanted = dict.fromkeys(_DRIFT, False) | {
        "rolinherit": True,  # without it PostgreSQL 15's owner loses pg_database_owner and cannot create in public
        "rolcanlogin": role in LOGIN_ROLES,
        "rolbypassrls": role == BACKUP,  # the only role that can dump: forced row security binds even the owner
    }
    columns = SQL(", ").join(Identifier(column) for column in wanted)
    found = admin.execute(SQL("select {} from pg_roles where rolname = %s").format(columns), [role]).fetchone() or ()
    words = [
        word if wanted[column] else f"NO{word}"
        for (column, word), now in zip(_DRIFT.items(), found, strict=True)
        if wanted[column] != now
    ]
    if words:
        admin.execute(SQL("alter role {} ").format(Identifier(role)) + SQL(" ").join(map(SQL, words)))


def _set_password(admin: psycopg.Connection, role: str, password: str) -> None:
    verifier = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    admin.execute(SQL("alter role {} password {}").format(Identifier(role), Literal(verifier)))


def _set_memberships_and_limits(admin: psycopg.Connection) -> None:
    inherit = " with inherit false, set true" if admin.info.server_version >= 160_000 else ""
    admin.execute(SQL("grant {} to {}" + inherit).format(Identifier(DOORMAN), Identifier(OWNER)))
    admin.execute(SQL("grant pg_read_all_data to {}").format(Identifier(BACKUP)))
    # An idle open write holds the sealer back for the whole cluster; a lock nobody gets must not hold a request.
    admin.execute(SQL("alter role {} set idle_in_transaction_session_timeout = '60s'").format(Identifier(APP)))
    admin.execute(SQL("alter role {} set lock_timeout = '5s'").format(Identifier(APP)))


def _ensure_database(admin: psycopg.Connection, database: str) -> None:
    if not admin.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
        admin.execute(SQL("create database {} owner {}").format(Identifier(database), Identifier(OWNER)))
    admin.execute(SQL("revoke all on database {} from public").format(Identifier(database)))
    admin.execute(
        SQL("grant connect on database {} to {}").format(
            Identifier(database), SQL(", ").join(map(Identifier, CONNECTING_ROLES))
        )
    )
