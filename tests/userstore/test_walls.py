"""The walls, asked by connections of one's own: no environment, no rows; no row points through a wall."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from psycopg.sql import SQL, Identifier

from keyring.walls import SYSTEM_ENVIRONMENT, WallBreach, in_environment
from tests.audit.connections import SET_ENVIRONMENT, run
from tests.userstore.phonebook import HERE, PhoneBook
from userstore.actions.tokens import create_token
from userstore.models import Column, Subject

pytestmark = pytest.mark.django_db(transaction=True)

AddressOf = Callable[[str], str]
OPEN = {
    "governance_formeraddress",  # operators belong to no environment
    "governance_environment",
    "governance_account",
    "governance_account_groups",
    "governance_account_user_permissions",
    "governance_signingkey",
}
"""Environments themselves, operators and the public halves of signing keys lie outside the walls."""


def walled_tables() -> list[str]:
    return sorted(
        model._meta.db_table
        for app in ("governance", "userstore", "keyring", "dataflow")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if model._meta.db_table not in OPEN
    )


class TwoHouses:
    def __init__(self) -> None:
        self.mine, self.theirs = PhoneBook(), PhoneBook()
        for book in (self.mine, self.theirs):
            phone = book.phones()
            setter, subject = book.setter(phone, purposes=("authentication",)), book.subject()
            book.write(setter, subject, {"phone": {"value_additions": ["555-0101"]}})
            book.getter(phone)
            create_token(book.service, data="x", transformer_id=book.transformer("UUID"), policy_id=book.policy)


@pytest.fixture
def houses() -> TwoHouses:
    return TwoHouses()


def counted(url: str, table: str, environment: object = None) -> int:
    statement = SQL("select count(*) from {}").format(Identifier(table))
    return int(run(url, statement, environment=environment)[0][0])


def test_without_an_environment_no_table_shows_a_row_and_inside_one_only_its_own(
    houses: TwoHouses, role_url: AddressOf
) -> None:
    app, filled = role_url("app"), 0
    for table in walled_tables():
        assert counted(app, table) == 0, table
        assert counted(app, table, uuid4()) == (counted(app, table, SYSTEM_ENVIRONMENT) if "keyring" in table else 0)
        statement = SQL("select count(*) from {} where environment_id not in (%s, %s)").format(Identifier(table))
        mine = houses.mine.environment.id
        assert run(app, statement, [mine, SYSTEM_ENVIRONMENT], environment=mine) == [(0,)], table
        filled += counted(app, table, mine) > 0
    assert filled > 18


def test_every_wall_is_forced_on_the_owner_too(role_url: AddressOf) -> None:
    rows = run(
        role_url("superuser"),
        "select relname from pg_class where relrowsecurity and relforcerowsecurity and relname = any(%s)",
        [walled_tables()],
    )
    assert sorted(name for (name,) in rows) == walled_tables()


def test_nobody_writes_into_another_environment(houses: TwoHouses, role_url: AddressOf) -> None:
    mine, theirs = houses.mine.environment.id, houses.theirs.environment.id
    with psycopg.connect(role_url("app")) as app:
        app.execute(SET_ENVIRONMENT, [str(mine)])
        statement = "update governance_purpose set environment_id = %s where name = 'marketing'"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(statement, [theirs])
        app.rollback()
        app.execute(SET_ENVIRONMENT, [str(mine)])
        assert app.execute("delete from userstore_value where environment_id = %s", [theirs]).rowcount == 0


def test_a_row_of_one_environment_cannot_point_into_another(houses: TwoHouses, role_url: AddressOf) -> None:
    with in_environment(houses.theirs.environment.id):
        subject = Subject.objects.get().pk
        column = Column.objects.get(name="phone").pk
    for target, pk in (("subject_id", subject), ("column_id", column)):
        statement = SQL("update userstore_value set {} = %s").format(Identifier(target))
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            run(role_url("app"), statement, [pk], environment=houses.mine.environment.id)


def test_history_and_revisions_are_only_added_to(houses: TwoHouses, role_url: AddressOf) -> None:
    for table in ("userstore_consentrecord", "governance_revision"):
        for verb in ("delete from {}", "update {} set environment_id = environment_id"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                statement = SQL(verb).format(Identifier(table))
                run(role_url("app"), statement, environment=houses.mine.environment.id)


def test_the_one_look_up_outside_the_walls_tells_an_environment_and_nothing_else(
    houses: TwoHouses, role_url: AddressOf
) -> None:
    client = houses.mine.service.id
    rows = run(role_url("app"), "select * from governance_find_client(%s)", [client])
    assert rows == [(houses.mine.environment.id,)]
    assert run(role_url("app"), "select * from governance_find_client(%s)", [uuid4()]) == []


def test_one_transaction_is_in_one_environment(houses: TwoHouses) -> None:
    with in_environment(houses.mine.environment.id), pytest.raises(WallBreach):
        houses.theirs.rows(houses.theirs.getter(houses.theirs.column("x")), [[]])


def test_ids_of_another_environment_find_nobody(houses: TwoHouses) -> None:
    with in_environment(houses.theirs.environment.id):
        stranger = Subject.objects.get().public_id
    with in_environment(houses.mine.environment.id):
        column = Column.objects.get(name="phone").public_id
    assert houses.mine.read(houses.mine.getter(column), stranger, context=HERE) == []
