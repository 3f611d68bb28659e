from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import pytest
from quickjs import Context, JSException

from userstore.datatypes import ValueRefused
from userstore.transforming.builtin_normalisers import NORMALISING

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BY_NAME = {row.name: row for row in NORMALISING}


def normalised(name: str, text: str) -> str:
    row = BY_NAME[name]
    return row.native.apply(text, row.native.parse(row.parameters), now=NOW, rng=random.Random(1))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Trim", "  a b ", "a b"),
        ("CollapseWhiteSpace", " a \n  b ", "a b"),
        ("LowerCaseEmailDomain", " Ada@EXAMPLE.com ", "Ada@example.com"),
        ("NormalizeE164", "+49 171 39200-01", "+491713920001"),
    ],
)
def test_a_normaliser_writes_one_form(name: str, text: str, expected: str) -> None:
    assert normalised(name, text) == expected
    assert normalised(name, expected) == expected


@pytest.mark.parametrize("text", ["0171 3920001", "+49 (0) 171 3920001"])
def test_a_number_whose_country_must_be_guessed_is_refused(text: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        normalised("NormalizeE164", text)
    assert "3920001" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["+49 171 39200-01", "+1 555 0100", "", " +49171 ", "0171 3920001", "+49 (0) 171 3920001", "phone", "+"]
)
def test_the_script_shown_for_e164_says_what_the_server_does(text: str) -> None:
    context = Context()
    context.eval(BY_NAME["NormalizeE164"].function)
    try:
        scripted = context.eval(f"transform({json.dumps(text)}, null)")
    except JSException:
        with pytest.raises(ValueRefused):
            normalised("NormalizeE164", text)
    else:
        assert normalised("NormalizeE164", text) == scripted
