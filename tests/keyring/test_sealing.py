"""One value, one place."""

from __future__ import annotations

import pickle
from os import urandom
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from keyring.blinding import FingerprintKey, IndexKey
from keyring.errors import Unsealable
from keyring.places import cell_place, cell_prefix, text_place
from keyring.sealing import AESGCM, SEALED_OVERHEAD, OpenKey, key_id_of
from tests.keyring import ghash
from tests.keyring.refusals import refuses_opaquely

KEY_ID = uuid4()
KEY = OpenKey(key_id=KEY_ID, version=1, key=bytes(range(32)))
PLACE = cell_place(*(UUID(int=number) for number in (1, 2, 3, 4)))


@given(plain=st.binary(max_size=2000), ids=st.tuples(*[st.uuids()] * 4))
def test_what_was_sealed_for_a_place_opens_there(plain: bytes, ids: tuple[UUID, UUID, UUID, UUID]) -> None:
    sealed = KEY.seal(plain, cell_place(*ids))
    assert KEY.unseal(sealed, cell_place(*ids)) == plain
    assert len(sealed) == len(plain) + SEALED_OVERHEAD
    assert key_id_of(sealed) == KEY_ID


@given(plain=st.binary(max_size=64), data=st.data())
def test_any_flipped_bit_refuses(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(KEY.seal(plain, PLACE))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    refuses_opaquely(lambda: KEY.unseal(bytes(sealed), PLACE))


@given(plain=st.binary(max_size=64), data=st.data())
def test_any_truncation_or_extension_refuses(plain: bytes, data: st.DataObject) -> None:
    sealed = KEY.seal(plain, PLACE)
    shorter = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    refuses_opaquely(lambda: KEY.unseal(shorter, PLACE))
    refuses_opaquely(lambda: KEY.unseal(sealed + data.draw(st.binary(min_size=1, max_size=9)), PLACE))


@given(ids=st.lists(st.uuids(), min_size=4, max_size=4), position=st.integers(0, 3), other=st.uuids())
def test_another_environment_subject_column_or_value_refuses(ids: list[UUID], position: int, other: UUID) -> None:
    assume(ids[position] != other)
    sealed = KEY.seal(b"555-0100", cell_place(*ids))
    moved = [*ids[:position], other, *ids[position + 1 :]]
    refuses_opaquely(lambda: KEY.unseal(sealed, cell_place(*moved)))


def test_swapped_cells_refuse() -> None:
    elsewhere = cell_place(*(UUID(int=number) for number in (1, 2, 3, 5)))
    here, there = KEY.seal(b"555-0100", PLACE), KEY.seal(b"555-0101", elsewhere)
    refuses_opaquely(lambda: KEY.unseal(there, PLACE))
    refuses_opaquely(lambda: KEY.unseal(here, elsewhere))


@pytest.mark.parametrize("key_id", [KEY_ID, uuid4()])
def test_another_key_refuses(key_id: UUID) -> None:
    other = OpenKey(key_id=key_id, version=1, key=bytes(32))
    refuses_opaquely(lambda: other.unseal(KEY.seal(b"555-0100", PLACE), PLACE))


@pytest.mark.parametrize(
    "sealed",
    [b"", b"\x01", b"\x02" + KEY.seal(b"x", PLACE)[1:], b"\x01" * 44, b"plain text" * 9],
    ids=["nothing", "a version alone", "an unknown version", "noise", "plain text"],  # two workers name them alike
)
def test_what_is_no_sealed_value_refuses(sealed: bytes) -> None:
    refuses_opaquely(lambda: KEY.unseal(sealed, PLACE))


def test_equal_values_never_look_equal() -> None:
    assert len({KEY.seal(b"555-0100", PLACE) for _ in range(100)}) == 100


def test_the_key_of_a_value_is_not_read_from_something_else() -> None:
    for blob in (b"", b"\x02" * 60, b"\x01" * (SEALED_OVERHEAD - 1)):
        with pytest.raises(Unsealable):
            key_id_of(blob)


@pytest.mark.parametrize("key", [KEY, IndexKey(key_id=KEY_ID, version=1, key=bytes(range(32)))])
def test_an_opened_key_shows_nothing_and_does_not_leave_the_process(key: OpenKey | IndexKey) -> None:
    assert bytes(range(32)).hex() not in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)


@given(ids=st.tuples(*[st.uuids()] * 4))
def test_the_short_way_to_a_place_leads_to_the_same_place(ids: tuple[UUID, UUID, UUID, UUID]) -> None:
    environment, subject, column, value = ids
    assert cell_place(*ids) == cell_prefix(environment) + subject.bytes + column.bytes + value.bytes


NAMES = st.text(max_size=8)


@given(one=st.tuples(st.uuids(), NAMES, NAMES, NAMES), other=st.tuples(st.uuids(), NAMES, NAMES, NAMES))
def test_two_texts_never_share_a_place(one: tuple[UUID, str, str, str], other: tuple[UUID, str, str, str]) -> None:
    assert (text_place(*one) == text_place(*other)) == (one == other)


@given(value=st.binary(max_size=200), other=st.binary(max_size=200))
def test_blinding_is_the_same_for_equal_values_only(value: bytes, other: bytes) -> None:
    key = IndexKey(key_id=KEY_ID, version=1, key=bytes(range(32)))
    assert len(key.blind(value)) == 16
    assert (key.blind(value) == key.blind(other)) == (value == other)


@given(value=st.binary(max_size=64))
def test_another_key_or_another_use_of_the_key_blinds_differently(value: bytes) -> None:
    key = IndexKey(key_id=KEY_ID, version=1, key=bytes(range(32)))
    other = IndexKey(key_id=KEY_ID, version=1, key=bytes(32))
    use = FingerprintKey(key_id=KEY_ID, version=1, key=bytes(range(32)))
    assert len({key.blind(value), other.blind(value), use.blind(value)}) == 3


def test_a_value_built_to_open_under_two_keys_opens_under_the_one_it_names_only() -> None:
    first, second, nonce, place = urandom(32), urandom(32), urandom(12), b"place"
    one, two = (OpenKey(key_id=uuid4(), version=1, key=key) for key in (first, second))
    header = one.seal(b"", place)[:17]
    forged = ghash.ciphertext_under_two_keys(first, second, nonce, header + place)
    opened = [AESGCM(key).decrypt(nonce, forged, header + place) for key in (first, second)]
    assert opened[0] != opened[1], "the attack works on the bare cipher, or this test shows nothing"

    assert one.unseal(header + nonce + forged, place) == opened[0]
    refuses_opaquely(lambda: two.unseal(header + nonce + forged, place))
