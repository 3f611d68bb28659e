"""The database shows the keys of one environment at a time."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from keyring.actions import create_key, ensure_environment_key
from keyring.keys import KeyKind, key_for
from keyring.models import EnvironmentKey, WrappedKey
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment

MODELS = [EnvironmentKey, WrappedKey]


@pytest.fixture(autouse=True)
def keys(environment: UUID, elsewhere: UUID) -> None:
    ensure_environment_key(environment_id=SYSTEM_ENVIRONMENT)
    for owner in (environment, elsewhere, SYSTEM_ENVIRONMENT):
        create_key(environment_id=owner, kind=KeyKind.TEXT)


@pytest.mark.parametrize("model", MODELS)
def test_outside_an_environment_nothing_is_seen(model: type[EnvironmentKey | WrappedKey]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {model._meta.db_table}")  # noqa: S608  a table's own name
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("model", MODELS)
def test_inside_only_its_own_and_the_systems_are_seen(
    model: type[EnvironmentKey | WrappedKey], environment: UUID
) -> None:
    with in_environment(environment):
        assert set(model.objects.values_list("environment_id", flat=True)) == {environment, SYSTEM_ENVIRONMENT}
    with in_environment(SYSTEM_ENVIRONMENT):
        assert set(model.objects.values_list("environment_id", flat=True)) == {SYSTEM_ENVIRONMENT}


@pytest.mark.parametrize("model", MODELS)
def test_no_others_are_changed_or_deleted_from_inside(
    model: type[EnvironmentKey | WrappedKey], environment: UUID, elsewhere: UUID
) -> None:
    with in_environment(environment):
        for owner in (elsewhere, SYSTEM_ENVIRONMENT):
            assert model.objects.filter(environment_id=owner).update(wrapped=b"x") == 0
            with connection.cursor() as cursor:
                cursor.execute(f"delete from {model._meta.db_table} where environment_id = %s", [owner])  # noqa: S608  a table's own name
                assert cursor.rowcount == 0


def test_no_key_is_planted_in_another_environment(environment: UUID, elsewhere: UUID) -> None:
    for owner in (elsewhere, SYSTEM_ENVIRONMENT):
        with pytest.raises(DatabaseError, match="row-level security"), in_environment(environment):
            WrappedKey.objects.create(environment_id=owner, kind="text", version=9, wrapped=b"x")


def test_the_systems_keys_open_while_a_transaction_is_in_an_environment(environment: UUID) -> None:
    with in_environment(environment):
        assert key_for(SYSTEM_ENVIRONMENT, KeyKind.TEXT).version == 1


def test_versions_are_unique_but_subject_keys_have_no_versions(environment: UUID) -> None:
    with in_environment(environment):
        with pytest.raises(IntegrityError), transaction.atomic():
            WrappedKey.objects.create(environment_id=environment, kind="text", wrapped=b"x")
        with pytest.raises(IntegrityError), transaction.atomic():
            WrappedKey.objects.create(environment_id=environment, kind="text", version=0, wrapped=b"x")
        with pytest.raises(IntegrityError), transaction.atomic():
            EnvironmentKey.objects.create(id=uuid4(), environment_id=environment, number=1, wrapped=b"x")
    assert len({create_key(environment_id=environment, kind=KeyKind.SUBJECT).id for _ in range(3)}) == 3
