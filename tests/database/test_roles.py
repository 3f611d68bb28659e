"""The roles that a bootstrap makes, and the connections tests run with."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction
from psycopg.sql import SQL, Identifier

from config.database.roles import APP, BACKUP, LOGIN_ROLES, OWNER, bootstrap_database, permit_test_databases
from config.embedded.ports import free_port
from config.embedded.postgres import THROW_AWAY, start_postgres

DATABASE = "bootstrapped"


@pytest.fixture(scope="module")
def admin_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster that nobody has set up yet; the one of the test run has its roles already."""
    place = tmp_path_factory.mktemp("roles")
    server = start_postgres(
        data=place / "postgres", log=place / "log", port=free_port(), password="admin", settings=THROW_AWAY
    )
    yield server.admin_url
    server.stop()


@pytest.fixture
def passwords() -> dict[str, str]:
    return {role: secrets.token_hex(8) for role in LOGIN_ROLES}


def url_of(role: str, admin_url: str, passwords: dict[str, str]) -> str:
    host = urlsplit(admin_url).netloc.rpartition("@")[2]
    return urlunsplit(("postgresql", f"{role}:{passwords[role]}@{host}", DATABASE, "", ""))


def flags(admin_url: str) -> dict[str, tuple[object, ...]]:
    """Super, create role, create database, replication, bypass row security, log in: per role."""
    with psycopg.connect(admin_url) as admin:
        rows = admin.execute(
            "select rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin "
            "from pg_roles where rolname like 'sealbook_%'"
        ).fetchall()
    return {row[0]: row[1:] for row in rows}


def test_a_bootstrap_gives_each_role_no_more_than_it_needs(admin_url: str, passwords: dict[str, str]) -> None:
    bootstrap_database(admin_url=admin_url, database=DATABASE, passwords=passwords)
    nothing = (False, False, False, False, False)
    assert flags(admin_url) == {
        **dict.fromkeys(LOGIN_ROLES, (*nothing, True)),
        BACKUP: (False, False, False, False, True, True),
        "sealbook_doorman": (*nothing, False),
    }


def test_a_second_bootstrap_repairs_what_drifted(admin_url: str, passwords: dict[str, str]) -> None:
    bootstrap_database(admin_url=admin_url, database=DATABASE, passwords=passwords)
    healthy = flags(admin_url)
    permit_test_databases(admin_url=admin_url)
    with psycopg.connect(admin_url) as admin:
        admin.execute("alter role sealbook_app bypassrls createrole")
        admin.execute("alter role sealbook_doorman login")
    assert flags(admin_url) != healthy
    bootstrap_database(admin_url=admin_url, database=DATABASE, passwords=passwords)
    assert flags(admin_url) == healthy


def test_a_bootstrap_renews_the_passwords(admin_url: str, passwords: dict[str, str]) -> None:
    bootstrap_database(admin_url=admin_url, database=DATABASE, passwords=passwords)
    with psycopg.connect(url_of(APP, admin_url, passwords)):
        pass
    renewed = passwords | {APP: "renewed"}
    bootstrap_database(admin_url=admin_url, database=DATABASE, passwords=renewed)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url_of(APP, admin_url, passwords))
    with psycopg.connect(url_of(APP, admin_url, renewed)):
        pass


def test_the_server_sees_a_password_only_as_its_verifier(admin_url: str, passwords: dict[str, str]) -> None:
    bootstrap_database(admin_url=admin_url, database=DATABASE, passwords=passwords)
    with psycopg.connect(admin_url) as admin:
        stored: dict[str, str | None] = dict(admin.execute("select rolname, rolpassword from pg_authid").fetchall())
    assert all(str(stored[role]).startswith("SCRAM-SHA-256$") for role in LOGIN_ROLES)
    assert stored["sealbook_doorman"] is None


def test_a_missing_password_stops_the_bootstrap(admin_url: str, passwords: dict[str, str]) -> None:
    del passwords[BACKUP]
    with pytest.raises(KeyError, match=BACKUP):
        bootstrap_database(admin_url=admin_url, database=DATABASE, passwords=passwords)


@pytest.mark.parametrize("role", [role for role in LOGIN_ROLES if role != OWNER])
def test_no_role_but_the_owner_can_plant_anything(role: str, admin_url: str, passwords: dict[str, str]) -> None:
    bootstrap_database(admin_url=admin_url, database=DATABASE, passwords=passwords)
    with psycopg.connect(url_of(role, admin_url, passwords), autocommit=True) as session:
        for statement in ("create table t (n int)", "create temporary table t (n int)", "create schema s"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(SQL(statement))
        for other in (OWNER, "sealbook_doorman"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(SQL("set role {}").format(Identifier(other)))


@pytest.mark.django_db
def test_tests_run_as_the_application_role_in_a_test_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_user, current_database()")
        user, database = cursor.fetchone()
    assert user == "sealbook_app"
    assert database.startswith("test_")


@pytest.mark.django_db
@pytest.mark.parametrize(("alias", "role"), [("owner", "sealbook_owner"), ("auditor", "sealbook_auditor")])
def test_every_connection_keeps_its_own_role_in_the_same_test_database(alias: str, role: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("select current_user, current_database()")
        user, database = cursor.fetchone()
    assert user == role
    assert database == connections["default"].settings_dict["NAME"]


@pytest.mark.django_db
def test_the_application_reads_the_history_of_migrations_and_cannot_rewrite_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from django_migrations")
        assert cursor.fetchone()[0] > 0
        for statement in ("delete from django_migrations", "update django_migrations set name = 'x'"):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    ["truncate django_content_type", "create table planted (n int)", "create temporary table planted (n int)"],
)
def test_the_application_can_neither_empty_nor_make_a_table(statement: str) -> None:
    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied"):
        cursor.execute(statement)


@pytest.mark.django_db
def test_functions_the_owner_makes_are_closed_until_granted() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("create function made_by_a_test() returns int language sql as 'select 1'")
        cursor.execute("select has_function_privilege('sealbook_app', 'made_by_a_test()', 'execute')")
        assert cursor.fetchone()[0] is False


@pytest.mark.django_db
def test_only_the_owner_migrates() -> None:
    with pytest.raises(CommandError, match="Only the owner role migrates"):
        call_command("migrate", database="default", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_a_role_has_an_address_of_its_own_in_the_test_database(role_url: Callable[[str], str]) -> None:
    for role, user in (("app", "sealbook_app"), ("sealer", "sealbook_sealer"), ("superuser", "postgres")):
        with psycopg.connect(role_url(role)) as session:
            row = session.execute("select current_user, current_database()").fetchone()
        assert row == (user, connections["default"].settings_dict["NAME"])
