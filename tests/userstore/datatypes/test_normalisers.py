from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userstore.datatypes import DATA_TYPES, NORMALISERS, ValueRefused


@pytest.mark.parametrize(
    ("name", "text", "normal"),
    [
        ("pass_through", " a ", " a "),
        ("trim", " a  b\n", "a  b"),
        ("collapse_white_space", " a \t b\n", "a b"),
        ("lower_case_email_domain", " Name@EXAMPLE.com ", "Name@example.com"),
        ("lower_case_email_domain", "NoAddress", "NoAddress"),
        ("e164_phone", "+49 151 234", "+49151234"),
        ("e164_phone", " +49 (151) 555-00.12/3 ", "+4915155500123"),
        ("e164_phone", "", ""),
    ],
)
def test_a_text_is_brought_into_its_normal_form(name: str, text: str, normal: str) -> None:
    assert NORMALISERS[name].apply(text) == normal


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0151 234", "no_country_code"),
        ("+49 (0) 151 5550123", "ambiguous_trunk_zero"),
        ("+1234567890123456", "no_country_code"),
        ("+49 151 call me", "no_country_code"),
        ("+²151", "no_country_code"),
    ],
)
def test_a_number_that_would_have_to_be_guessed_is_refused(text: str, code: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        NORMALISERS["e164_phone"].apply(text)
    assert refusal.value.code == code
    assert text not in repr(refusal.value)


@given(st.sampled_from(sorted(NORMALISERS)), st.text() | st.from_regex(r" ?\+[1-9][0-9 ().-]{1,16}", fullmatch=True))
def test_normalising_twice_changes_nothing_more(name: str, text: str) -> None:
    try:
        normal = NORMALISERS[name].apply(text)
    except ValueRefused:
        return
    assert NORMALISERS[name].apply(normal) == normal
    if name == "e164_phone":
        assert DATA_TYPES["e164_phonenumber"].parse(normal) == normal
