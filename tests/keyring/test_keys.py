"""Keys of an environment: created, opened, remembered, rotated, destroyed."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import F

from keyring import keys
from keyring.actions import (
    create_environment_key,
    create_key,
    destroy_key,
    ensure_environment_key,
    ensure_key,
    rewrap_keys,
)
from keyring.errors import KmsUnavailable, UnknownKey
from keyring.fingerprints import fingerprint
from keyring.keys import KeyKind, forget_opened_keys, index_key_for, key_by_id, key_for, live_versions, open_key
from keyring.kms.local import create_keyring_file
from keyring.models import EnvironmentKey, WrappedKey
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from keyring.wrapping import environment_key_number
from tests.keyring.refusals import refuses_opaquely


def test_a_subject_key_opens_from_its_row(environment: UUID) -> None:
    new = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
    sealed = new.opened.seal(b"555-0100", b"place")
    assert open_key(environment, new.id, new.wrapped).unseal(sealed, b"place") == b"555-0100"
    assert open_key(environment, new.id, new.wrapped) is open_key(environment, new.id, new.wrapped)


def test_it_opens_inside_and_outside_a_transaction(environment: UUID) -> None:
    new = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
    for _ in range(2):
        forget_opened_keys()
        with in_environment(environment):
            inside = open_key(environment, new.id, new.wrapped)
        forget_opened_keys()
        assert open_key(environment, new.id, new.wrapped).id == inside.id


def test_a_copied_row_never_opens_not_even_where_the_key_is_remembered(environment: UUID, elsewhere: UUID) -> None:
    new = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
    other = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
    open_key(environment, new.id, new.wrapped)
    refuses_opaquely(lambda: open_key(elsewhere, new.id, new.wrapped))
    refuses_opaquely(lambda: open_key(environment, other.id, new.wrapped))
    refuses_opaquely(lambda: open_key(environment, new.id, other.wrapped))
    refuses_opaquely(lambda: open_key(uuid4(), new.id, new.wrapped))
    refuses_opaquely(lambda: open_key(environment, new.id, new.wrapped[:-1]))
    refuses_opaquely(lambda: open_key(environment, new.id, b""))


def test_a_key_of_another_kind_is_no_subject_key(environment: UUID) -> None:
    new = create_key(environment_id=environment, kind=KeyKind.TOKEN)
    refuses_opaquely(lambda: open_key(environment, new.id, new.wrapped))


def test_a_relabelled_row_does_not_open(environment: UUID) -> None:
    create_key(environment_id=environment, kind=KeyKind.INDEX, scope="column phone")
    with in_environment(environment):
        WrappedKey.objects.filter(scope="column phone").update(scope="column email")
    refuses_opaquely(lambda: index_key_for(environment, "column email"))


def test_the_newest_version_is_given_unless_one_is_named(environment: UUID) -> None:
    versions = [create_key(environment_id=environment, kind=KeyKind.TOKEN, scope="phone") for _ in range(3)]
    assert [new.opened.version for new in versions] == [1, 2, 3]
    assert key_for(environment, KeyKind.TOKEN, "phone").id == versions[2].id
    assert key_for(environment, KeyKind.TOKEN, "phone", version=1).id == versions[0].id
    assert live_versions(environment, KeyKind.TOKEN, "phone") == [3, 2, 1]
    assert live_versions(environment, KeyKind.TOKEN, "email") == []
    with pytest.raises(UnknownKey):
        key_for(environment, KeyKind.TOKEN, "phone", version=4)
    with pytest.raises(UnknownKey):
        key_for(environment, KeyKind.TOKEN, "email")


@pytest.mark.parametrize("kind", [KeyKind.INDEX, KeyKind.FINGERPRINT, KeyKind.SUBJECT])
def test_keys_that_blind_never_seal(environment: UUID, kind: KeyKind) -> None:
    with pytest.raises(ValueError, match="not opened by scope"):
        key_for(environment, kind)
    if kind is not KeyKind.SUBJECT:
        with pytest.raises(TypeError):
            _ = create_key(environment_id=environment, kind=kind).opened


def test_a_subject_key_takes_no_scope(environment: UUID) -> None:
    with pytest.raises(ValueError, match="no scope"):
        create_key(environment_id=environment, kind=KeyKind.SUBJECT, scope="somebody")
    with pytest.raises(ValueError, match="one by one"):
        ensure_key(environment_id=environment, kind=KeyKind.SUBJECT)


def test_ensuring_a_key_creates_it_once(environment: UUID) -> None:
    first = ensure_key(environment_id=environment, kind=KeyKind.INDEX, scope="column phone")
    assert ensure_key(environment_id=environment, kind=KeyKind.INDEX, scope="column phone") == first
    assert ensure_key(environment_id=environment, kind=KeyKind.INDEX, scope="column email") != first
    assert ensure_environment_key(environment_id=environment).number == 1
    assert ensure_environment_key(environment_id=uuid4()).number == 1


def test_an_environment_without_a_key_gets_no_keys(db: None) -> None:
    with pytest.raises(UnknownKey):
        create_key(environment_id=uuid4(), kind=KeyKind.SUBJECT)


def test_a_destroyed_key_is_gone_from_the_row_and_from_memory(
    environment: UUID, django_capture_on_commit_callbacks: Any
) -> None:
    new = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
    token = create_key(environment_id=environment, kind=KeyKind.TOKEN)
    with django_capture_on_commit_callbacks(execute=True):
        open_key(environment, new.id, new.wrapped)
        key_for(environment, KeyKind.TOKEN)
    assert [len(keys._subject_keys), len(keys._named_keys)] == [1, 1]
    assert destroy_key(environment_id=environment, key_id=new.id)
    assert destroy_key(environment_id=environment, key_id=token.id)
    assert [len(keys._subject_keys), len(keys._named_keys)] == [0, 0]
    assert not destroy_key(environment_id=environment, key_id=new.id)
    refuses_opaquely(lambda: key_by_id(environment, token.id, kind=KeyKind.TOKEN))
    with pytest.raises(UnknownKey):
        key_for(environment, KeyKind.TOKEN)


def test_a_key_of_another_environment_is_not_destroyed(environment: UUID, elsewhere: UUID) -> None:
    new = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
    assert not destroy_key(environment_id=elsewhere, key_id=new.id)
    assert open_key(environment, new.id, new.wrapped).id == new.id


def test_a_key_whose_creation_is_rolled_back_is_not_remembered(environment: UUID) -> None:
    old = create_key(environment_id=environment, kind=KeyKind.TOKEN)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        rolled_back = create_key(environment_id=environment, kind=KeyKind.TOKEN)
        assert key_for(environment, KeyKind.TOKEN).id == rolled_back.id
        raise ZeroDivisionError
    assert key_for(environment, KeyKind.TOKEN).id == old.id


def test_an_environment_key_whose_creation_was_rolled_back_does_not_stand_in_for_the_real_one(db: None) -> None:
    environment = uuid4()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        create_environment_key(environment_id=environment)
        create_key(environment_id=environment, kind=KeyKind.SUBJECT)
        raise ZeroDivisionError
    create_environment_key(environment_id=environment)
    new = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
    assert open_key(environment, new.id, new.wrapped).id == new.id


def test_a_look_up_is_remembered_after_the_commit_and_believed_for_a_minute(
    environment: UUID, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    create_key(environment_id=environment, kind=KeyKind.TOKEN)
    with django_capture_on_commit_callbacks(execute=True):
        first = key_for(environment, KeyKind.TOKEN)
    second = create_key(environment_id=environment, kind=KeyKind.TOKEN)
    assert key_for(environment, KeyKind.TOKEN) is first
    now = keys.monotonic()
    monkeypatch.setattr(keys, "monotonic", lambda: now + keys.remembered_seconds() + 1)
    assert key_for(environment, KeyKind.TOKEN).id == second.id


def test_after_a_rotation_new_keys_use_the_new_environment_key_and_old_ones_open_and_move(environment: UUID) -> None:
    made = [create_key(environment_id=environment, kind=KeyKind.SUBJECT) for _ in range(3)]
    sealed = made[0].opened.seal(b"555-0100", b"place")
    create_environment_key(environment_id=environment)
    assert environment_key_number(create_key(environment_id=environment, kind=KeyKind.SUBJECT).wrapped) == 2
    assert open_key(environment, made[0].id, made[0].wrapped).unseal(sealed, b"place") == b"555-0100"

    moved = [rewrap_keys(environment_id=environment, limit=2).turned for _ in range(3)]
    assert moved == [2, 1, 0]
    with in_environment(environment):
        wrapped = bytes(WrappedKey.objects.get(id=made[0].id).wrapped)
    assert environment_key_number(wrapped) == 2
    assert open_key(environment, made[0].id, wrapped).unseal(sealed, b"place") == b"555-0100"


def test_an_environment_key_copied_to_another_environment_is_dead(environment: UUID) -> None:
    thief = uuid4()
    with in_environment(environment):
        row = EnvironmentKey.objects.get()
    with in_environment(thief):
        EnvironmentKey.objects.create(environment_id=thief, number=1, provider=row.provider, wrapped=row.wrapped)
    refuses_opaquely(lambda: create_key(environment_id=thief, kind=KeyKind.SUBJECT))


def test_without_the_root_key_nothing_opens(environment: UUID, settings: Any, tmp_path: Any) -> None:
    new = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
    forget_opened_keys()
    options = {"path": str(tmp_path / "keyring.json")}
    settings.KMS_PROVIDERS = [{"name": "local", "backend": "keyring.kms.local.LocalKms", "options": options}]
    with pytest.raises(KmsUnavailable):
        open_key(environment, new.id, new.wrapped)
    create_keyring_file(tmp_path / "keyring.json")
    refuses_opaquely(lambda: open_key(environment, new.id, new.wrapped))
    settings.KMS_PROVIDERS = [{"name": "other", "backend": "keyring.kms.local.LocalKms", "options": options}]
    with pytest.raises(KmsUnavailable, match="'local'"):
        open_key(environment, new.id, new.wrapped)


def test_the_memory_is_bounded_by_the_setting(environment: UUID, settings: Any) -> None:
    settings.KEYRING_CACHE_SIZE = 4
    for _ in range(9):
        new = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
        open_key(environment, new.id, new.wrapped)
    assert len(keys._subject_keys) <= 4


def test_a_long_read_pushes_nobodys_key_out_of_the_memory(environment: UUID, settings: Any) -> None:
    settings.KEYRING_CACHE_SIZE = 4
    used = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
    kept = open_key(environment, used.id, used.wrapped)
    passing = keys.subject_key_opener(environment, count=1500)
    for _ in range(9):
        new = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
        assert passing(new.id.bytes, new.wrapped).id == new.id
    assert passing(used.id.bytes, used.wrapped) is kept
    assert open_key(environment, used.id, used.wrapped) is kept
    refuses_opaquely(lambda: passing(new.id.bytes, used.wrapped))
    assert len(keys._subject_keys) <= 4


def test_fingerprints_tell_environments_domains_and_values_apart(environment: UUID, elsewhere: UUID) -> None:
    for one in (environment, elsewhere):
        create_key(environment_id=one, kind=KeyKind.FINGERPRINT)
    made = fingerprint(environment, "column phone", b"555-0100")
    assert made == fingerprint(environment, "column phone", b"555-0100")
    assert len(made) == 32
    assert int(made, 16)
    others = {
        fingerprint(environment, "column phone", b"555-0101"),
        fingerprint(environment, "column email", b"555-0100"),
        fingerprint(environment, "column phone5", b"55-0100"),
        fingerprint(elsewhere, "column phone", b"555-0100"),
    }
    assert made not in others
    assert len(others) == 4


def test_blind_indexes_tell_columns_and_versions_apart(environment: UUID) -> None:
    for scope in ("column phone", "column email", "column phone"):
        create_key(environment_id=environment, kind=KeyKind.INDEX, scope=scope)
    made = [
        index_key_for(environment, "column phone", version=1),
        index_key_for(environment, "column phone", version=2),
        index_key_for(environment, "column email"),
    ]
    assert len({key.blind(b"555-0100") for key in made}) == 3
    with pytest.raises(UnknownKey):
        index_key_for(environment, "column name")


def test_a_new_index_version_is_looked_up_at_once_but_written_only_once_every_process_knows_it(
    environment: UUID,
) -> None:
    first, second = (create_key(environment_id=environment, kind=KeyKind.INDEX, scope="column") for _ in range(2))
    assert live_versions(environment, KeyKind.INDEX, "column") == [2, 1]
    assert index_key_for(environment, "column").id == first.id
    with in_environment(environment):
        WrappedKey.objects.filter(scope="column").update(created_at=F("created_at") - keys.settling())
    assert index_key_for(environment, "column").id == second.id
    destroy_key(environment_id=environment, key_id=second.id)
    assert index_key_for(environment, "column").id == first.id
    assert live_versions(environment, KeyKind.INDEX, "column") == [1]


def test_versions_are_remembered_after_the_commit_and_not_beyond_a_rollback(
    environment: UUID, django_capture_on_commit_callbacks: Any, django_assert_num_queries: Any
) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        create_key(environment_id=environment, kind=KeyKind.INDEX, scope="column")
        assert live_versions(environment, KeyKind.INDEX, "column") == [1]
        raise ZeroDivisionError
    with django_capture_on_commit_callbacks(execute=True):
        assert live_versions(environment, KeyKind.INDEX, "column") == []
    create_key(environment_id=environment, kind=KeyKind.INDEX, scope="column")
    with django_capture_on_commit_callbacks(execute=True):
        assert live_versions(environment, KeyKind.INDEX, "column") == [1]
    with django_assert_num_queries(0):
        assert live_versions(environment, KeyKind.INDEX, "column") == [1]


def test_the_system_environment_has_keys_like_any_other(db: None) -> None:
    ensure_environment_key(environment_id=SYSTEM_ENVIRONMENT)
    new = create_key(environment_id=SYSTEM_ENVIRONMENT, kind=KeyKind.TEXT)
    assert key_for(SYSTEM_ENVIRONMENT, KeyKind.TEXT).id == new.id
