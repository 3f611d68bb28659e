"""Secrets that are not 32 random bytes."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from keyring.actions import create_environment_key, create_key, create_sealed_secret, destroy_key, rewrap_keys
from keyring.keys import KeyKind, key_for, live_versions
from keyring.models import WrappedKey
from keyring.sealed_secrets import open_sealed_secret
from keyring.walls import in_environment
from tests.keyring.refusals import refuses_opaquely


def test_a_private_signing_key_comes_back_as_it_was(environment: UUID) -> None:
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    secret_id = create_sealed_secret(environment_id=environment, kind=KeyKind.SIGNING, scope="jwt", secret=private)
    assert open_sealed_secret(environment, secret_id) == private
    with in_environment(environment):
        assert private[-32:] not in bytes(WrappedKey.objects.get(id=secret_id).wrapped)


def test_secrets_of_one_scope_are_versions(environment: UUID) -> None:
    made = [
        create_sealed_secret(environment_id=environment, kind=KeyKind.SIGNING, scope="jwt", secret=secret)
        for secret in (b"", b"second" * 500)
    ]
    assert live_versions(environment, KeyKind.SIGNING, "jwt") == [2, 1]
    assert [open_sealed_secret(environment, one) for one in made] == [b"", b"second" * 500]


def test_a_secret_survives_the_rotation_of_its_environments_key(environment: UUID) -> None:
    secret_id = create_sealed_secret(environment_id=environment, kind=KeyKind.SECRET, secret=b"hunter2")
    create_environment_key(environment_id=environment)
    assert rewrap_keys(environment_id=environment).turned == 1
    assert open_sealed_secret(environment, secret_id) == b"hunter2"


def test_a_destroyed_or_foreign_secret_or_an_ordinary_key_refuses(environment: UUID, elsewhere: UUID) -> None:
    secret_id = create_sealed_secret(environment_id=environment, kind=KeyKind.SECRET, secret=b"hunter2")
    token = create_key(environment_id=environment, kind=KeyKind.TOKEN)
    refuses_opaquely(lambda: open_sealed_secret(elsewhere, secret_id))
    refuses_opaquely(lambda: open_sealed_secret(environment, token.id))
    refuses_opaquely(lambda: open_sealed_secret(environment, uuid4()))
    destroy_key(environment_id=environment, key_id=secret_id)
    refuses_opaquely(lambda: open_sealed_secret(environment, secret_id))


def test_secrets_swapped_between_rows_refuse(environment: UUID) -> None:
    one, other = (
        create_sealed_secret(environment_id=environment, kind=KeyKind.SECRET, secret=secret) for secret in (b"1", b"2")
    )
    with in_environment(environment):
        rows = {row.id: bytes(row.wrapped) for row in WrappedKey.objects.all()}
        WrappedKey.objects.filter(id=one).update(wrapped=rows[one][:97] + rows[other][97:])
    refuses_opaquely(lambda: open_sealed_secret(environment, one))


def test_the_key_of_kind_secret_seals_beside_kept_secrets(environment: UUID) -> None:
    key = create_key(environment_id=environment, kind=KeyKind.SECRET)
    sealed = key.opened.seal(b"555-0100", b"place")
    assert key_for(environment, KeyKind.SECRET).unseal(sealed, b"place") == b"555-0100"


def test_other_kinds_carry_no_secret(environment: UUID) -> None:
    with pytest.raises(ValueError, match="carry no secret"):
        create_sealed_secret(environment_id=environment, kind=KeyKind.TEXT, secret=b"x")
