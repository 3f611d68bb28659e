"""A wrapped key opens for what it says it is, and for one key only."""

from __future__ import annotations

from os import urandom
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyring.errors import Unsealable
from keyring.keys import KeyKind
from keyring.sealing import AESGCM
from keyring.wrapping import (
    WRAPPED_KEY_BYTES,
    EnvironmentCipher,
    KeyLabel,
    commitment,
    environment_key_number,
)
from tests.keyring import ghash
from tests.keyring.refusals import refuses_opaquely

LABEL = KeyLabel(uuid4(), uuid4(), KeyKind.INDEX, "column phone", 2)
CIPHER = EnvironmentCipher(number=3, key=bytes(range(32)))


@given(key=st.binary(min_size=32, max_size=32))
def test_a_wrapped_key_says_which_environment_key_opens_it_and_opens(key: bytes) -> None:
    wrapped = CIPHER.wrap(key, LABEL)
    assert len(wrapped) == WRAPPED_KEY_BYTES
    assert environment_key_number(wrapped) == 3
    assert CIPHER.unwrap(wrapped, LABEL) == key


@given(bit=st.integers(0, WRAPPED_KEY_BYTES * 8 - 1))
def test_any_flipped_bit_refuses_the_commitment_included(bit: int) -> None:
    wrapped = bytearray(CIPHER.wrap(urandom(32), LABEL))
    wrapped[bit // 8] ^= 1 << bit % 8
    refuses_opaquely(lambda: CIPHER.unwrap(bytes(wrapped), LABEL))


@pytest.mark.parametrize(
    "relabelled",
    [
        LABEL._replace(environment_id=uuid4()),
        LABEL._replace(key_id=uuid4()),
        LABEL._replace(kind=KeyKind.TOKEN),
        LABEL._replace(scope="column email"),
        LABEL._replace(scope=""),
        LABEL._replace(version=1),
    ],
)
def test_a_relabelled_key_refuses(relabelled: KeyLabel) -> None:
    wrapped = CIPHER.wrap(urandom(32), LABEL)
    refuses_opaquely(lambda: CIPHER.unwrap(wrapped, relabelled))


def test_another_environments_key_refuses() -> None:
    wrapped = CIPHER.wrap(urandom(32), LABEL)
    refuses_opaquely(lambda: EnvironmentCipher(number=3, key=bytes(32)).unwrap(wrapped, LABEL))


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x02" * WRAPPED_KEY_BYTES, b"\x01" * (WRAPPED_KEY_BYTES + 1)])
def test_what_is_no_wrapped_key_names_no_environment_key(blob: bytes) -> None:
    with pytest.raises(Unsealable):
        environment_key_number(blob)


def test_a_ciphertext_that_opens_under_two_keys_is_caught_by_its_commitment() -> None:
    first, second, nonce = urandom(32), urandom(32), urandom(12)
    one, two = EnvironmentCipher(number=1, key=first), EnvironmentCipher(number=1, key=second)
    aad = LABEL.associated_data(one.header)
    forged = ghash.ciphertext_under_two_keys(first, second, nonce, aad)
    opened = [AESGCM(key).decrypt(nonce, forged, aad) for key in (first, second)]
    assert opened[0] != opened[1], "the attack works on the bare cipher, or this test shows nothing"

    blob = one.header + commitment(opened[0], LABEL.key_id) + nonce + forged
    assert one.unwrap(blob, LABEL) == opened[0]
    refuses_opaquely(lambda: two.unwrap(blob, LABEL))
