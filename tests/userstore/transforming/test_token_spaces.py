"""How many tokens there are: told truly, drawn evenly, refused when there is none."""

from __future__ import annotations

import random
import secrets
from collections import Counter
from typing import Any

import pytest

from userstore.transforming.builtin import BUILT_IN_TRANSFORMERS
from userstore.transforming.errors import TokenSpaceExhausted
from userstore.transforming.protocol import Tokenization

BY_NAME = {each.name: each for each in BUILT_IN_TRANSFORMERS}


def tokenization(name: str) -> Tokenization[Any]:
    native = BY_NAME[name].native
    assert isinstance(native, Tokenization)
    return native


def minted(name: str, value: str, parameters: object = "", *, rng: random.Random | None = None) -> str:
    transformer = tokenization(name)
    chosen = transformer.parse(parameters or BY_NAME[name].parameters)
    return transformer.mint(value, chosen, rng or secrets.SystemRandom())


EVERY_TOKENIZATION = [each.name for each in BUILT_IN_TRANSFORMERS if isinstance(each.native, Tokenization)]
FITTING = {
    "EmailToID": "jane@example.com",
    "PhoneToID": "+49 151 23456789",
    "PhoneReference": "+49 151 23456789",
    "CreditCardToken": "4111 1111 1111 1111",
    "CreditCardToID": "4111 1111 1111 1111",
    "SSNToken": "123-45-6789",
    "SSNToID": "123-45-6789",
}


@pytest.mark.parametrize("name", EVERY_TOKENIZATION)
def test_tokens_of_one_value_differ_from_it_and_from_each_other(name: str) -> None:
    value = FITTING.get(name, "Jane Doe")
    tokens = {minted(name, value) for _ in range(50)}
    assert value not in tokens
    assert len(tokens) > 40
    assert minted(name, "") == ""


@pytest.mark.parametrize(
    ("name", "value", "parameters", "expected"),
    [
        ("UUID", "x", "", 2**122 - 1),
        ("PhoneToID", "+49 151 23456789", "", 9 * 10**10 - 1),
        ("PhoneToID", "12", "", 89),
        ("PhoneToID", "0", "", 0),
        ("SSNToken", "123-45-6789", "", 898 * 99 * 9999 - 1),
        ("CreditCardToken", "4111111111111111", "", 9 * 10**14 - 1),
        ("EmailToID", "jane@gmail.com", "", 62**12 - 1),
        ("EmailToID", "jane@example.com", "", 62**12 * 36**6 - 1),
        ("FullNameToken", "Jane Doe", "", 75**8 - 1),
        ("SSNToID", "123-45-6789", "", 99 * 9999 - 1),
        ("UUID", "", "", 0),
    ],
)
def test_capacity_is_the_number_of_tokens_there_are(name: str, value: str, parameters: object, expected: int) -> None:
    transformer = tokenization(name)
    assert transformer.capacity(value, transformer.parse(parameters or BY_NAME[name].parameters)) == expected


SMALL_SPACES = [
    ("PhoneToID", "12", {}),
    ("PhoneToID", "+49 12345", {"keep_last": 4}),
    ("PhoneToID", "0012", {}),
    ("CreditCardToken", "411111091111", {"keep_first": 6, "keep_last": 4}),
    ("CreditCardToken", "411111111111", {"keep_first": 6, "keep_last": 4, "luhn": "invalid"}),
    ("SSNToID", "123-45-6789", {"PreserveCharsStart": 7}),
    ("SSNToID", "612-45-6789", {"PreserveCharsStart": 1, "PreserveCharsTrailing": 6}),
    ("SSNToID", "123-01-6789", {"PreserveCharsStart": 4, "PreserveCharsTrailing": 4}),
    ("AlphanumericToken", "a1", {}),
]


@pytest.mark.parametrize(("name", "value", "parameters"), SMALL_SPACES)
def test_every_token_of_a_small_space_is_drawn_and_about_equally_often(
    name: str, value: str, parameters: dict[str, object]
) -> None:
    transformer, rng = tokenization(name), random.Random(20261121)
    chosen = transformer.parse(parameters)
    capacity = transformer.capacity(value, chosen)
    counts = Counter(transformer.mint(value, chosen, rng) for _ in range(60 * capacity))
    assert len(counts) == capacity
    # Each count is about Poisson(60): 6 standard deviations leave a chance below 1e-6 over all cases.
    assert all(abs(count - 60) < 6 * 60**0.5 for count in counts.values())


@pytest.mark.parametrize(
    ("name", "value", "parameters"),
    [
        ("PhoneToID", "00", {}),
        ("SSNToID", "123456789", {"PreserveCharsStart": 9}),
        ("AlphanumericToken", "-", {}),
    ],
)
def test_where_no_other_token_exists_none_is_given(name: str, value: str, parameters: dict[str, object]) -> None:
    with pytest.raises(TokenSpaceExhausted) as refusal:
        minted(name, value, parameters)
    assert value not in str(refusal.value)
