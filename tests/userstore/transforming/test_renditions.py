"""The JavaScript that is shown for a built-in transformer does what the native code does."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from _quickjs import Context
from hypothesis import example, given, settings
from hypothesis import strategies as st

from userstore.transforming.builtin import BUILT_IN_TRANSFORMERS
from userstore.transforming.disclosure import FILLS, SHARES
from userstore.transforming.errors import ParameterRefused, ValueUnfit
from userstore.transforming.formats.card import luhn_valid
from userstore.transforming.formats.country_codes import ONE_DIGIT, THREE_DIGITS, TWO_DIGITS
from userstore.transforming.protocol import Transform

BY_NAME = {row.name: row for row in BUILT_IN_TRANSFORMERS}
DETERMINISTIC = [
    row.name
    for row in BUILT_IN_TRANSFORMERS
    # An age depends on today; the E.164 normaliser refuses most texts, and its own test compares both languages.
    if isinstance(row.native, Transform) and row.name not in {"AgeBand", "NormalizeE164"}
]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

# Latin, separators, digits, and some of what is neither; the two languages' Unicode tables differ in rare characters.
LIKELY = st.text(alphabet="abzABZ0189 -.()/+,:@_'ßéÜ漢", min_size=1, max_size=40)
REALISTIC = st.sampled_from([
    "+49 151 23456789", "+15550100123", "+353 85 123 4567", "123-456-7890", "jane.doe@example.com", "a@b.example.co.uk",
    "4111 1111 1111 1111", "123-45-6789", "DE89 3704 0044 0532 0130 00", "Jane Marie Doe", "1984-05-17",
    "1984-02-30", "1984-05-17T10:00:00Z", "0044-01-01", "2000-13-01",
])  # fmt: skip

CHANGES: dict[str, list[dict[str, Any]]] = {
    "PhoneMask": [
        {"lengths": "hidden"},
        {"first": 3, "most": "all"},
        {"country_code": False},
        {"last": 15, "most": "1/4"},
    ],
    "EmailMask": [{"domain": "ending"}, {"domain": "none", "first": 3}],
    "EndsMask": [
        {"lengths": "hidden", "most": "all"},
        {"first": 2, "last": 2},
        {"first": 9, "last": 0, "most": "all"},
        {"most": "none"},
    ],
    "PatternMask": [
        {"pattern": f"00{number}", "most": share} for number in range(1, 9) for share in ("1/3", "1/2", "all")
    ]
    + [{"pattern": f"00{number}", "lengths": "hidden"} for number in range(1, 9)],
    "DateCoarsened": [{"to": grain} for grain in ("month", "quarter", "decade")],
    "CardMask": [{"lengths": "hidden"}],
    "IBANMask": [{"lengths": "hidden"}, {"country": False}, {"last": 34, "most": "1/2"}],
    "NameMask": [{"initials": 1}, {"most": "all"}],
    "FullMask": [{"length": 3, "fill": "#"}],
    "Redact": [{"text": "withheld"}],
}


class Script:
    """One transformer's text, loaded into an engine of its own."""

    def __init__(self, name: str) -> None:
        self.context = Context()
        self.context.eval(BY_NAME[name].function)

    def run(self, value: str, parameters: object) -> str:
        call = f"transform({json.dumps(value)}, {json.dumps(parameters)})"
        result = self.context.eval(call)
        assert isinstance(result, str)
        return result


def written(name: str) -> Any:
    return json.loads(BY_NAME[name].parameters or "{}")


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_a_masks_text_gives_what_the_native_code_gives(name: str) -> None:
    script, native = Script(name), BY_NAME[name].native
    variants = [written(name), *({**written(name), **change} for change in CHANGES.get(name, []))]

    @settings(max_examples=120)
    @given(value=LIKELY | REALISTIC, parameters=st.sampled_from(variants))
    def agree(value: str, parameters: dict[str, Any]) -> None:
        expected = native.apply(value, native.parse(parameters), now=NOW, rng=random.Random(1))
        assert script.run(value, parameters) == expected

    agree()


def test_the_age_bands_text_gives_what_the_native_code_gives() -> None:
    script, native = Script("AgeBand"), BY_NAME["AgeBand"].native
    script.context.eval(
        f"const Real = Date; globalThis.Date = class extends Real {{ constructor(...a) {{"
        f" super(...(a.length ? a : [{int(NOW.timestamp() * 1000)}])); }} }};"
    )

    @example(born="1996-11-21")
    @example(born="1996-11-22")
    @example(born="2027-01-01")
    @example(born="2000-02-29")
    @given(born=st.dates().map(str))
    def agree(born: str) -> None:
        for parameters in ({"width": 10, "top": 90}, {"width": 50, "top": 80}):
            expected = native.apply(born, native.parse(parameters), now=NOW, rng=random.Random(1))
            assert script.run(born, parameters) == expected

    agree()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("UUID", "x", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        ("EmailToID", "jane@mail.example.co.uk", r"[A-Za-z0-9]{12}@[a-z0-9]{6}\.co\.uk"),
        ("EmailToID", "jane@gmail.com", r"[A-Za-z0-9]{12}@gmail\.com"),
        ("FullNameToID", "Jane Marie Doe", r"Jane D[A-Za-z0-9]{11}"),
        ("SSNToID", "123456789", r"123-(?!00)\d{2}-(?!0000)\d{4}"),
        ("CreditCardToID", "4111 1111 1111 1111", r"(\d{4}-){3}\d{4}"),
        ("PhoneToID", "+49 151-23456789", r"\+49 [1-9]\d{2}-\d{8}"),
        ("PhoneToID", "0151 2345", r"0[1-9]\d{2} \d{4}"),
        ("CreditCardToken", "4111 1111 1111 1111", r"[1-9]\d{3} \d{4} \d{4} \d{4}"),
        ("SSNToken", "123-45-6789", r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}"),
        ("FullNameToken", "Jane Doe", r"[A-Z][a-z]{7} [A-Z][a-z]{7}"),
        ("AlphanumericToken", "AB-12 c", r"[A-Z]{2}-\d{2} [a-z]"),
    ],
)
def test_a_random_formats_text_gives_the_format_the_native_code_gives(name: str, value: str, expected: str) -> None:
    script, native = Script(name), BY_NAME[name].native
    for _ in range(40):
        token = script.run(value, written(name))
        assert re.fullmatch(expected, token)
        assert name != "CreditCardToken" or luhn_valid(token.replace(" ", ""))
        assert re.fullmatch(expected, native.apply(value, native.parse(written(name)), now=NOW, rng=random.Random()))


def test_the_country_codes_of_the_text_are_those_of_the_table() -> None:
    script = Script("PhoneToID")
    found = script.context.eval(
        "JSON.stringify([...Array(1000).keys()].map(n => countryCode('+' + String(n).padStart(3, '0') + '12345')))"
    )
    codes = ONE_DIGIT | TWO_DIGITS | THREE_DIGITS
    for number, code in enumerate(json.loads(found)):
        text = f"{number:03d}"
        assert code == next((text[:length] for length in (1, 2, 3) if text[:length] in codes), "")


@pytest.mark.parametrize("name", ["PhoneToID", "EmailToID", "SSNToken", "CreditCardToken"])
def test_both_refuse_a_value_of_another_format(name: str) -> None:
    native = BY_NAME[name].native
    with pytest.raises(ValueUnfit):
        native.apply("?", native.parse(written(name)), now=NOW, rng=random.Random())
    with pytest.raises(Exception, match="not a"):
        Script(name).run("?", written(name))


def test_every_fill_and_share_that_is_declared_is_known_to_the_text() -> None:
    script, native = Script("EndsMask"), BY_NAME["EndsMask"].native
    for fill in FILLS:
        for share in SHARES:
            parameters = {"first": 1, "last": 2, "fill": fill, "most": share}
            expected = native.apply("AB-1234567", native.parse(parameters), now=NOW, rng=random.Random())
            assert script.run("AB-1234567", parameters) == expected
    with pytest.raises(ParameterRefused):
        native.parse({"fill": "0"})
