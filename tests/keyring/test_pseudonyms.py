"""Pseudonym keys: NIST's own samples, an implementation that shares nothing with ours, and what the key never does."""

from __future__ import annotations

import json
import pickle
import string
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from ffx import FF1
from hypothesis import given
from hypothesis import strategies as st

from keyring.errors import UnknownKey
from keyring.keys import KeyKind, key_for, pseudonym_key_for
from keyring.pseudonyms import SMALLEST_DOMAIN, PseudonymKey
from tests import cast

SAMPLES = json.loads((Path(__file__).parents[1] / "vectors" / "ff1.json").read_text())["samples"]
BASE_36 = string.digits + string.ascii_lowercase
ALPHABETS = st.sampled_from([string.digits, string.ascii_letters, string.digits + string.ascii_letters])


def key_of(material: bytes) -> PseudonymKey:
    return PseudonymKey(key_id=uuid4(), version=1, key=material)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{len(sample['key']) * 4}-{sample['replaced']}")
def test_the_samples_of_nist(sample: dict[str, Any]) -> None:
    alphabet, tweak = BASE_36[: sample["radix"]], bytes.fromhex(sample["tweak"])
    key = bytes.fromhex(sample["key"])
    assert key_of(key).permute(sample["plain"], alphabet=alphabet, tweak=tweak) == sample["replaced"]
    assert FF1(key, alphabet=alphabet).encrypt(sample["plain"], tweak=tweak) == sample["replaced"]


@given(st.data(), ALPHABETS, st.binary(min_size=32, max_size=32), st.binary(max_size=40))
def test_another_implementation_says_the_same(data: Any, alphabet: str, material: bytes, tweak: bytes) -> None:
    shortest = next(length for length in range(1, 30) if len(alphabet) ** length >= SMALLEST_DOMAIN)
    text = data.draw(st.text(alphabet, min_size=shortest, max_size=40))
    replaced = key_of(material).permute(text, alphabet=alphabet, tweak=tweak)
    oracle = FF1(material, alphabet=alphabet)
    assert replaced == oracle.encrypt(text, tweak=tweak)
    assert oracle.decrypt(replaced, tweak=tweak) == text


@pytest.mark.parametrize(("text", "fits"), [("12345", False), ("123456", True), ("", False), ("12a456", False)])
def test_too_few_texts_or_foreign_characters_are_refused(text: str, fits: bool) -> None:
    key = key_of(bytes(32))
    if fits:
        assert len(key.permute(text, alphabet=string.digits, tweak=b"")) == len(text)
        return
    with pytest.raises(ValueError, match=r"."):
        key.permute(text, alphabet=string.digits, tweak=b"")


def test_the_key_shows_nothing_and_stays_in_the_process() -> None:
    key = key_of(b"\xab" * 32)
    assert "ab" * 4 not in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)


@pytest.mark.django_db
def test_every_environment_has_a_key_of_its_own_that_does_nothing_else() -> None:
    first, second = cast.new_environment(), cast.new_environment()
    replaced = {
        pseudonym_key_for(environment.id).permute("5550100123", alphabet=string.digits, tweak=b"")
        for environment in (first, second)
    }
    assert len(replaced) == 2
    with pytest.raises(ValueError, match="pseudonym"):
        key_for(first.id, KeyKind.PSEUDONYM)
    with pytest.raises(UnknownKey):
        pseudonym_key_for(uuid4())
