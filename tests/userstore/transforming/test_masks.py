"""What each mask shows, and that none shows more than its share."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userstore.transforming.builtin import BUILT_IN_TRANSFORMERS
from userstore.transforming.builtin_masks import MASKS
from userstore.transforming.coarsening import Bands, age_band
from userstore.transforming.disclosure import SEPARATORS, SHARES, allowance
from userstore.transforming.masks import Ends, PhoneShown, mask_ends, mask_phone
from userstore.transforming.patterns import VISIBLE, PatternShown, mask_pattern
from userstore.transforming.protocol import Transform
from userstore.transforming.pseudonyms import Pseudonymization

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BY_NAME = {each.name: each for each in BUILT_IN_TRANSFORMERS}


def shown(name: str, value: str, parameters: object = "") -> str:
    row = BY_NAME[name]
    given_parameters = row.native.parse(parameters or row.parameters)
    return row.native.apply(value, given_parameters, now=NOW, rng=random.Random(1))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PhoneMask", "+49 151 23456789", "+49 *** ******89"),
        ("PhoneMask", "+4915123456789", "+49*********89"),
        ("PhoneMask", "(555) 010-0123", "(***) ***-**23"),
        ("PhoneMask", "no number", "********"),
        ("SupportPhoneMask", "123-456-7890", "XXX-XXX-7890"),
        ("EmailMask", "jane@example.com", "j***@example.com"),
        ("EmailMask", "ja@example.com", "***@example.com"),
        ("EmailMask", "not an address", "********"),
        ("EmailMask", "note@123-45-6789", "********"),
        ("CardMask", "4111 1111 1111 1111", "**** **** **** 1111"),
        ("CardMask", "4111", "********"),
        ("SSNMask", "123-45-6789", "***-**-6789"),
        ("SSNMask", "123-45-678", "********"),
        ("IBANMask", "DE89 3704 0044 0532 0130 00", "DE** **** **** **** **30 00"),
        ("IBANMask", "my account", "********"),
        ("NameMask", "Jane Marie Doe", "J. M. D."),
        ("NameMask", "Li Wu", "L. *."),
        ("EndsMask", "4711081512345", "*********2345"),
        ("FullMask", "x", "********"),
        ("Redact", "anything", "redacted"),
        ("DateCoarsened", "1984-05-17", "1984"),
        ("DateCoarsened", "1984-02-30", "********"),
        ("DateCoarsened", "born in May", "********"),
        ("AgeBand", "1984-05-17", "40-49"),
        ("AgeBand", "1920-01-01", "90+"),
        ("AgeBand", "2030-01-01", "********"),
        ("PassthroughUnchangedData", "as it is", "as it is"),
    ],
)
def test_each_mask_shows_what_its_description_says(name: str, value: str, expected: str) -> None:
    assert shown(name, value) == expected


KEYLESS = [row for row in BUILT_IN_TRANSFORMERS if not isinstance(row.native, Pseudonymization)]  # theirs has its own


@pytest.mark.parametrize("row", KEYLESS, ids=lambda row: row.name)
def test_an_empty_text_stays_empty(row: object) -> None:
    assert shown(row.name, "") == ""  # type: ignore[attr-defined]  # a parametrised row


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"domain": "ending"}, "j***@***.com"),
        ({"domain": "none"}, "j***@***"),
        ({"first": 0}, "***@example.com"),
        ({"first": 3}, "j***@example.com"),
        ({"first": 3, "most": "all", "fill": "•"}, "jan•••@example.com"),
    ],
)
def test_an_email_mask_keeps_what_its_parameters_name(parameters: dict[str, object], expected: str) -> None:
    assert shown("EmailMask", "jane@example.com", parameters) == expected


@pytest.mark.parametrize(
    ("grain", "expected"), [("month", "1984-05"), ("quarter", "1984-Q2"), ("year", "1984"), ("decade", "1980s")]
)
def test_a_timestamp_is_coarsened_like_its_date(grain: str, expected: str) -> None:
    assert shown("DateCoarsened", "1984-05-17T23:59:59Z", {"to": grain}) == expected


def test_a_birthday_counts_from_its_day_on() -> None:
    bands = Bands(width=10, top=90)
    assert age_band("1996-11-22", bands, now=NOW) == "20-29"
    assert age_band("1996-11-21", bands, now=NOW) == "30-39"


def test_the_day_of_an_age_is_the_day_in_utc() -> None:
    evening_before = NOW.astimezone(timezone(timedelta(hours=-13)))
    assert age_band("1996-11-21", Bands(), now=evening_before) == "30-39"


def test_the_band_below_the_top_ends_where_the_top_begins() -> None:
    assert age_band("1950-01-01", Bands(width=50, top=80), now=NOW) == "50-79"


def test_a_country_code_is_shown_whole_or_not_at_all() -> None:
    assert mask_phone("+353 85 123 4567", PhoneShown()) == "+353 ** *** ***7"
    assert mask_phone("+353 123", PhoneShown()) == "+*** *23"


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("001", "9876543210", "******3210"),
        ("002", "Jane Marie Doe", "J*** M**** D**"),
        ("003", "ABCDE1234F", "********4F"),
        ("004", "jane@example.com", "j***@e*********m"),
        ("005", "12 Example Road, Ünïtown 漢字", "*" * 27),
        ("006", "1234 5678 90", "**** **** 90"),
        ("007", "9876543210", "9******210"),
        ("008", "9876543210", "9*******10"),
    ],
)
def test_the_eight_patterns_of_digit_give_what_they_give_there(pattern: str, value: str, expected: str) -> None:
    assert mask_pattern(value, PatternShown(pattern=pattern, most="1/2")) == expected


@pytest.mark.parametrize("pattern", VISIBLE)
def test_no_pattern_shows_a_short_value_whole(pattern: str) -> None:
    for value in ("1", "12", "123", "1234"):
        masked = mask_pattern(value, PatternShown(pattern=pattern))
        assert sum(a == b for a, b in zip(value, masked, strict=True)) <= len(value) // 3


def test_the_eight_patterns_are_there_to_be_named() -> None:
    for number in VISIBLE:
        assert shown(f"DIGITPattern{number}", "Jane 9876") == mask_pattern(
            "Jane 9876", PatternShown(pattern=number, most="1/2")
        )


@pytest.mark.parametrize(
    ("name", "parameters", "value", "expected"),
    [
        ("PhoneMask", {}, "+49 151 23456789", "+49***89"),
        ("CardMask", {}, "4111 1111 1111 1111", "***1111"),
        ("SSNMask", {}, "123-45-6789", "***789"),
        ("IBANMask", {}, "DE89 3704 0044 0532 0130 00", "DE***30 00"),
        ("EndsMask", {"first": 1, "last": 1}, "4711-0815", "4***5"),
        ("EndsMask", {"most": "all"}, "0815", "0815"),
        ("EndsMask", {"most": "none"}, "0815", "***"),
        ("PatternMask", {"pattern": "002", "most": "1/2"}, "Jane Marie Doe", "J***M***D***"),
        ("PatternMask", {"pattern": "004", "most": "1/2"}, "jane@example.com", "j***@e***m"),
        ("PatternMask", {"pattern": "005"}, "12 Example Road", "***"),
    ],
)
def test_hidden_lengths_are_not_shown(name: str, parameters: dict[str, object], value: str, expected: str) -> None:
    assert shown(name, value, {**parameters, "lengths": "hidden"}) == expected


@given(
    begins=st.text(alphabet="abc 01-", max_size=6),
    hidden=st.text(alphabet="xyz -.9", max_size=12),
    others=st.text(alphabet="xyz -.9", max_size=12),
)
def test_a_stretch_whose_length_is_hidden_is_the_same_whatever_it_was(begins: str, hidden: str, others: str) -> None:
    ends = Ends(first=0, last=2, most="all", lengths="hidden")
    masked = [mask_ends(f"{begins}A{middle}AZ9", ends) for middle in (hidden, others)]
    assert masked == ["***Z9"] * 2


MASKS_IN_PLACE = ("PhoneMask", "SupportPhoneMask", "CardMask", "SSNMask", "IBANMask", "EndsMask", "PatternMask")


@given(value=st.text(max_size=40), name=st.sampled_from(MASKS_IN_PLACE))
def test_no_mask_shows_more_than_its_share(value: str, name: str) -> None:
    row = BY_NAME[name]
    parameters = row.native.parse(row.parameters)
    masked = shown(name, value)
    apart = SEPARATORS | {"@"} if name == "PatternMask" else SEPARATORS
    content = [character for character in value if character not in apart]
    if len(masked) == len(value) and masked != "********":
        pairs = [pair for pair in zip(value, masked, strict=True) if pair[0] not in SEPARATORS | {"@", parameters.fill}]
        assert sum(a == b for a, b in pairs) <= allowance(len(content), parameters.most)


@given(
    value=st.text(alphabet="abcXYZ0189 -.", max_size=30),
    first=st.integers(0, 64),
    last=st.integers(0, 64),
    most=st.sampled_from(sorted(SHARES)),
)
def test_a_share_holds_however_many_characters_are_asked_for(value: str, first: int, last: int, most: str) -> None:
    masked = mask_ends(value, Ends(first=first, last=last, most=most))
    content = [place for place, character in enumerate(value) if character not in SEPARATORS]
    seen = [place for place in content if masked[place] != "*"]
    assert len(seen) == min(first + last, len(content), allowance(len(content), most))
    assert all(masked[place] == value[place] for place in range(len(value)) if place not in set(content) - set(seen))


@given(value=st.text(min_size=1, max_size=60))
def test_no_mask_ever_fails_or_returns_a_value_of_four_characters_or_more(value: str) -> None:
    for row in MASKS:
        if isinstance(row.native, Transform) and row.transform_type == "transform":
            masked = shown(row.name, value)
            content = [character for character in value if character.isalnum()]
            if len(content) > 3 and "*" not in value and "X" not in value and not value[:4].isdigit():
                assert masked != value


@given(value=st.text(min_size=1, max_size=60))
def test_a_full_mask_is_the_same_for_every_value(value: str) -> None:
    assert shown("FullMask", value) == "********"
    assert shown("FullMask", value, {"length": 3, "fill": "#"}) == "###"
