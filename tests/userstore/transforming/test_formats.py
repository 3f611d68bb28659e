"""Random tokens: the value's format, never the value, drawn uniformly from a space whose size is told truly."""

from __future__ import annotations

import random
import re
import secrets
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from userstore.datatypes import DATA_TYPES
from userstore.transforming.builtin import BUILT_IN_TRANSFORMERS
from userstore.transforming.errors import ValueUnfit
from userstore.transforming.formats.card import luhn_valid
from userstore.transforming.formats.country_codes import ONE_DIGIT, THREE_DIGITS, TWO_DIGITS, country_code_of
from userstore.transforming.protocol import Tokenization

BY_NAME = {each.name: each for each in BUILT_IN_TRANSFORMERS}

LOOSE_PHONE = re.compile(r"([+]?[\s0-9]+)?(\d{3}|[(]?[0-9]+[)])?([-]?[\s]?[0-9])+", re.ASCII)  # the wire contract's
VALID_SSN = re.compile(r"(?!000|666|9)\d{3}-?(?!00)\d{2}-?(?!0000)\d{4}", re.ASCII)

randomness = st.integers(0, 2**64).map(random.Random)


def tokenization(name: str) -> Tokenization[Any]:
    native = BY_NAME[name].native
    assert isinstance(native, Tokenization)
    return native


def minted(name: str, value: str, parameters: object = "", *, rng: random.Random | None = None) -> str:
    transformer = tokenization(name)
    chosen = transformer.parse(parameters or BY_NAME[name].parameters)
    return transformer.mint(value, chosen, rng or secrets.SystemRandom())


def shape(text: str) -> str:
    return re.sub("[0-9]", "9", text)


@given(
    code=st.sampled_from(sorted(ONE_DIGIT | TWO_DIGITS | THREE_DIGITS)), rest=st.integers(10**6, 10**9), rng=randomness
)
def test_a_phone_token_keeps_country_code_and_stays_a_valid_number(code: str, rest: int, rng: random.Random) -> None:
    number = f"+{code}{rest}"
    token = minted("PhoneToID", number, rng=rng)
    assert token != number
    assert len(token) == len(number)
    assert token.startswith(f"+{code}")
    assert token[len(code) + 1] != "0"
    assert DATA_TYPES["e164_phonenumber"].parse(token) == token
    assert country_code_of(token) == code


@given(number=st.from_regex(LOOSE_PHONE, fullmatch=True), rng=randomness)
def test_a_phone_token_keeps_punctuation_and_passes_the_loose_validator(number: str, rng: random.Random) -> None:
    assume(len(number) <= 40 and sum(c.isdigit() for c in number) > 3)
    token = minted("PhoneToID", number, rng=rng)
    assert token != number
    assert shape(token) == shape(number)
    assert LOOSE_PHONE.fullmatch(token)


@pytest.mark.parametrize(
    "number", ["+49 (151) 234-56", "0151 23456", "0049 151 23456", "555-0123 ext. 42", "+999 123456"]
)
def test_prefixes_and_punctuation_stay_where_they_are(number: str) -> None:
    token = minted("PhoneToID", number)
    assert shape(token) == shape(number)
    assert re.match("0*", token)[0] == re.match("0*", number)[0]  # type: ignore[index]  # matches the empty text at least


def test_a_phone_token_keeps_last_digits_only_when_asked() -> None:
    assert minted("PhoneToID", "+49 151 23456789", {"keep_last": 4}).endswith("6789")
    drawn = {minted("PhoneToID", "+49 151 23456789", {"keep_country_code": False})[1:3] for _ in range(200)}
    assert len(drawn) > 20


@pytest.mark.parametrize("value", ["1-800-FLOWERS", "call me", "+49 ١٥١ 2345", "5" * 41, "jane@example.com", "+", "--"])
def test_what_is_no_phone_number_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(ValueUnfit) as refusal:
        minted("PhoneToID", value)
    assert value not in str(refusal.value)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("+15550100123", "1"),
        ("+4915123456", "49"),
        ("+353851234567", "353"),
        ("+99912345678", None),
        ("4915123456", None),
        ("+4915", None),
        ("+1234567890123456", None),
        ("+2591234567", None),
    ],
)
def test_country_codes_are_told_by_the_list_of_the_itu(number: str, code: str | None) -> None:
    assert country_code_of(number) == code


def test_country_codes_are_a_prefix_code() -> None:
    codes = ONE_DIGIT | TWO_DIGITS | THREE_DIGITS
    assert not [(a, b) for a in codes for b in codes if a != b and b.startswith(a)]


LUHN_VECTORS = [  # ISO/IEC 7812-1 annex B's example, and test numbers that the card networks publish
    ("79927398713", True),
    ("79927398710", False),
    ("4111111111111111", True),
    ("5555555555554444", True),
    ("378282246310005", True),
    ("6011111111111117", True),
    ("30569309025904", True),
    ("4111111111111112", False),
    ("0", True),
]


@pytest.mark.parametrize(("digits", "valid"), LUHN_VECTORS)
def test_luhn_agrees_with_published_numbers(digits: str, valid: bool) -> None:
    assert luhn_valid(digits) is valid


@given(digits=st.text("0123456789", min_size=2, max_size=19), place=st.integers(0, 18), change=st.integers(1, 9))
def test_luhn_notices_every_changed_digit(digits: str, place: int, change: int) -> None:
    place %= len(digits)
    changed = digits[:place] + str((int(digits[place]) + change) % 10) + digits[place + 1 :]
    assert not (luhn_valid(digits) and luhn_valid(changed))


@given(
    digits=st.text("0123456789", min_size=12, max_size=19),
    first=st.integers(0, 6),
    last=st.integers(0, 4),
    luhn=st.sampled_from(["valid", "invalid"]),
    rng=randomness,
)
def test_a_card_token_keeps_its_ends_and_the_check_as_asked(
    digits: str, first: int, last: int, luhn: str, rng: random.Random
) -> None:
    token = minted("CreditCardToken", digits, {"keep_first": first, "keep_last": last, "luhn": luhn}, rng=rng)
    assert token != digits
    assert len(token) == len(digits)
    assert luhn_valid(token) is (luhn == "valid")
    assert token[:first] == digits[:first]
    assert token[len(token) - last :] == digits[len(digits) - last :]
    assert first or token[0] != "0"


def test_a_card_token_keeps_the_grouping() -> None:
    assert shape(minted("CreditCardToken", "4111 1111-1111 1111")) == "9999 9999-9999 9999"


@given(area=st.integers(1, 899), group=st.integers(1, 99), serial=st.integers(1, 9999), dash=st.sampled_from(["-", ""]))
def test_an_ssn_token_is_a_valid_ssn(area: int, group: int, serial: int, dash: str) -> None:
    assume(area != 666)
    number = f"{area:03d}{dash}{group:02d}{dash}{serial:04d}"
    token = minted("SSNToken", number)
    assert token != number
    assert shape(token) == shape(number)
    assert DATA_TYPES["ssn"].parse(token) == token
    assert VALID_SSN.fullmatch(token)
    assert minted("SSNToken", number, {"keep_serial": True})[-4:] == number[-4:]
    kept = minted("SSNToID", number)
    assert VALID_SSN.fullmatch(kept)
    assert kept[:3] == number[:3]
    assert kept.replace("-", "") != number.replace("-", "")


@pytest.mark.parametrize("name", ["SSNToken", "SSNToID"])
@pytest.mark.parametrize(
    "value", ["666-12-3456", "000-12-3456", "900-12-3456", "123-00-4567", "123-45-0000", "12-345-6789"]
)
def test_an_invalid_ssn_is_refused_without_showing_it(name: str, value: str) -> None:
    with pytest.raises(ValueUnfit) as refusal:
        minted(name, value)
    assert value not in str(refusal.value)


def test_the_vendors_card_transformer_wants_16_digits_and_gives_four_groups() -> None:
    token = minted("CreditCardToID", "4111111111111111", {"PreserveCharsStart": 4, "PreserveCharsTrailing": 4})
    assert re.fullmatch(r"4111-\d{4}-\d{4}-1111", token)
    assert re.fullmatch(r"(?:\w{4}-){3}\w{4}", minted("CreditCardToID", "4111111111111111", {"DecimalOnly": False}))
    with pytest.raises(ValueUnfit):
        minted("CreditCardToID", "378282246310005")


@given(
    local=st.from_regex(r"[A-Za-z0-9._+\"-]{1,30}", fullmatch=True),
    domain=st.sampled_from(["example.com", "mail.example.com", "example.co.uk", "gmail.com", "a.b.example.org"]),
    rng=randomness,
)
def test_an_email_token_is_an_address_with_the_same_ending(local: str, domain: str, rng: random.Random) -> None:
    token = minted("EmailToID", f"{local}@{domain}", rng=rng)
    assert DATA_TYPES["email"].parse(token) == token
    assert token != f"{local}@{domain}"
    username, _, kept = token.partition("@")
    assert len(username) == 12
    assert kept.endswith(".co.uk" if domain.endswith(".co.uk") else f".{domain.rpartition('.')[2]}")
    assert ("example" in kept) is False
    assert (kept == "gmail.com") is (domain == "gmail.com")


def test_an_email_token_begins_as_its_parameters_say() -> None:
    kept = [
        {"PreserveChars": 2, "FinalLength": 10},
        {"PreserveCommonValue": True, "FinalLength": 6},
        {"PreserveValue": True},
    ]
    token = minted("EmailToID", "user@hotmail.com", kept)
    assert re.fullmatch(r"us[A-Za-z0-9]{8}@hotmail\.com", token)
    assert DATA_TYPES["email"].parse(minted("EmailToID", '"a.b"@hotmail.com', kept))


@pytest.mark.parametrize(
    "value", ["jane", "jane@", "@example.com", "a@b@example.com", "jane@localhost", "a@b..com", "a b@c.de"]
)
def test_what_is_no_email_address_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(ValueUnfit) as refusal:
        minted("EmailToID", value)
    assert value not in str(refusal.value)


@given(name=st.text(min_size=1, max_size=40), rng=randomness)
def test_a_name_token_has_as_many_words_and_nothing_else_of_the_name(name: str, rng: random.Random) -> None:
    token = minted("FullNameToken", name, rng=rng)
    assert re.fullmatch(r"[A-Z][a-z]{7}(?: [A-Z][a-z]{7}){0,3}", token)
    assert len(token.split()) == max(min(len(name.split()), 4), 1)


def test_the_vendors_name_transformer_keeps_the_first_name_and_one_letter() -> None:
    assert re.fullmatch(r"Jane D[A-Za-z0-9]{11}", minted("FullNameToID", "Jane Marie Doe"))
    assert re.fullmatch(r"Cher [A-Za-z0-9]{12}", minted("FullNameToID", "Cher"))


@given(value=st.text(min_size=1, max_size=60))
def test_a_uuid_token_is_a_random_uuid(value: str) -> None:
    token = UUID(minted("UUID", value))
    assert token.version == 4
    assert token.variant == "specified in RFC 4122"


@given(value=st.text(min_size=1, max_size=40), rng=randomness)
def test_an_alphanumeric_token_has_the_shape_and_no_character_beyond_ascii(value: str, rng: random.Random) -> None:
    assume(sum(character.isalnum() for character in value) > 2)
    token = minted("AlphanumericToken", value, rng=rng)
    assert token != value
    assert token.isascii()
    assert len(token) == len(value)
    for before, after in zip(value, token, strict=True):
        assert before.isdigit() == after.isdigit()
        assert after.isalnum() or after == before
