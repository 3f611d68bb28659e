"""What the application's role cannot do to the book, whatever statement it sends."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from audit import queries
from audit.recorder import append
from tests.audit.connections import AddressOf, run
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, HAPPENED, SERVICE

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = (
    "insert into audit_entry (id, environment_id, kind, outcome, actor_kind, body) "
    "values (%s, %s, 'a.b', 'done', 'system', '{}')"
)
CHANGES = ("update {} set body = '{{}}'", "delete from {}", "truncate {}")
THIS_MONTH = "audit_entry_' || to_char(now() at time zone 'UTC', 'YYYYMM')"


@pytest.fixture
def kept() -> UUID:
    return append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"count": 1})


@pytest.fixture
def month(role_url: AddressOf) -> str:
    return str(run(role_url("owner"), f"select '{THIS_MONTH}")[0][0])


def test_the_application_may_insert_into_its_own_environment(role_url: AddressOf) -> None:
    entry_id = uuid4()
    run(role_url("app"), INSERT, [entry_id, ENVIRONMENT], environment=ENVIRONMENT)
    with psycopg.connect(role_url("auditor")) as auditor:
        assert auditor.execute("select id from audit_entry").fetchall() == [(entry_id,)]


FORBIDDEN = (
    "select body from audit_entry",
    "select count(*) from audit_entry",
    "update audit_entry set body = '{}'",
    "update audit_entry set body = '{}' where false",
    "delete from audit_entry",
    "truncate audit_entry",
    "alter table audit_entry disable trigger all",
    "drop table audit_entry",
    "drop policy append_own on audit_entry",
    "select audit_guard('audit_entry')",
    "create table audit_entry_200001 partition of audit_entry for values from ('2000-01-01') to ('2000-02-01')",
    "set role sealbook_owner",
    "set role sealbook_auditor",
)


@pytest.mark.parametrize("environment", [None, ENVIRONMENT], ids=["outside", "inside"])
def test_the_application_can_neither_read_nor_change_the_book(
    kept: UUID, role_url: AddressOf, environment: UUID | None
) -> None:
    for statement in FORBIDDEN:
        with pytest.raises(InsufficientPrivilege):
            run(role_url("app"), statement, environment=environment)
    assert queries.entry(environment_id=ENVIRONMENT, entry_id=kept).kind == HAPPENED.name


def test_the_application_cannot_say_when_it_wrote(role_url: AddressOf) -> None:
    for column, value in (("xid", "'5'::xid8"), ("recorded_at", "'2001-01-01Z'::timestamptz"), ("xid", "default")):
        forged = INSERT.replace("body)", f"body, {column})").replace("'{}')", f"'{{}}', {value})")
        with pytest.raises(InsufficientPrivilege):
            run(role_url("app"), forged, [uuid4(), ENVIRONMENT], environment=ENVIRONMENT)


def test_the_application_cannot_have_its_entry_returned(role_url: AddressOf) -> None:
    with pytest.raises(InsufficientPrivilege):
        run(role_url("app"), INSERT + " returning xid", [uuid4(), ENVIRONMENT], environment=ENVIRONMENT)


@pytest.mark.parametrize("environment", [None, ELSEWHERE], ids=["no environment", "another environment"])
def test_the_application_cannot_write_into_an_environment_it_is_not_in(
    role_url: AddressOf, environment: UUID | None
) -> None:
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        run(role_url("app"), INSERT, [uuid4(), ENVIRONMENT], environment=environment)


def test_an_entry_cannot_be_overwritten_by_a_conflicting_one(kept: UUID, role_url: AddressOf) -> None:
    statement = INSERT + " on conflict (recorded_at, id) do update set body = excluded.body"
    with pytest.raises(InsufficientPrivilege):
        run(role_url("app"), statement, [kept, ENVIRONMENT], environment=ENVIRONMENT)


def test_the_application_cannot_touch_a_partition_directly(role_url: AddressOf, month: str) -> None:
    insert = (
        "insert into {} (recorded_at, id, environment_id, kind, outcome, actor_kind, body) values "
        "(now(), gen_random_uuid(), current_setting('sealbook.environment')::uuid, 'a.b', 'done', 'system', '{{}}')"
    )
    for partition in (month, "audit_entry_default"):
        for statement in (insert, "select body from {}", *CHANGES):
            with pytest.raises(InsufficientPrivilege, match="permission denied"):
                run(role_url("app"), statement.format(partition), environment=ENVIRONMENT)


@pytest.mark.parametrize("setting", ["origin", "replica"])
def test_not_even_a_superuser_changes_the_book_without_lifting_its_guards(
    kept: UUID, role_url: AddressOf, month: str, setting: str
) -> None:
    with psycopg.connect(role_url("superuser")) as superuser:
        superuser.execute(f"set session_replication_role = {setting}")
        for table in ("audit_entry", month, "audit_entry_default"):
            for statement in CHANGES:
                with pytest.raises(InsufficientPrivilege, match="append-only"), superuser.transaction():
                    superuser.execute(statement.format(table))


def test_a_detached_month_stays_guarded(kept: UUID, role_url: AddressOf, month: str) -> None:
    with psycopg.connect(role_url("superuser")) as superuser:
        superuser.execute(f"alter table audit_entry detach partition {month}")
        assert superuser.execute(f"select from {month}").rowcount == 1
        for statement in CHANGES:
            with pytest.raises(InsufficientPrivilege, match="append-only"), superuser.transaction():
                superuser.execute(statement.format(month))
        superuser.execute("set role sealbook_app")
        with pytest.raises(InsufficientPrivilege, match="permission denied"), superuser.transaction():
            superuser.execute(f"select from {month}")
        superuser.rollback()


def test_the_auditor_and_the_sealer_read_every_environment_and_write_nothing(kept: UUID, role_url: AddressOf) -> None:
    append(HAPPENED, environment_id=ELSEWHERE, actor=SERVICE, facts={})
    for role in ("auditor", "sealer"):
        assert run(role_url(role), "select count(*) from audit_entry") == [(2,)]
        for statement in ("delete from audit_entry", "update audit_entry set kind = 'x'", "truncate audit_entry"):
            with pytest.raises(InsufficientPrivilege):
                run(role_url(role), statement)
        with pytest.raises(InsufficientPrivilege):
            run(role_url(role), INSERT, [uuid4(), ENVIRONMENT], environment=ENVIRONMENT)


def test_the_transaction_id_is_the_writing_transactions(role_url: AddressOf) -> None:
    with psycopg.connect(role_url("app")) as app:
        app.execute("select set_config('sealbook.environment', %s, true)", [str(ENVIRONMENT)])
        (xid,) = app.execute("select pg_current_xact_id()::text").fetchone() or ("",)
        app.execute("savepoint inner_one")
        app.execute(INSERT, [uuid4(), ENVIRONMENT])
    assert run(role_url("auditor"), "select xid::text from audit_entry") == [(xid,)]
