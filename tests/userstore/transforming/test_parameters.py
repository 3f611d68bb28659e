"""Parameters: declared ones are read, anything else is refused by its name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userstore.transforming.builtin import BUILT_IN_TRANSFORMERS
from userstore.transforming.errors import ParameterRefused
from userstore.transforming.masks import Ends

BY_NAME = {each.name: each.native for each in BUILT_IN_TRANSFORMERS}


def test_declared_parameters_are_read_from_text_and_from_json() -> None:
    expected = Ends(first=1, last=2, fill="#", most="1/2")
    given_parameters = {"first": 1, "last": 2, "fill": "#", "most": "1/2"}
    assert BY_NAME["EndsMask"].parse(json.dumps(given_parameters)) == expected
    assert BY_NAME["EndsMask"].parse(given_parameters) == expected


@pytest.mark.parametrize("raw", ["", "  ", None, {}, "{}"])
def test_parameters_left_out_take_their_declared_defaults(raw: object) -> None:
    assert BY_NAME["EndsMask"].parse(raw) == Ends()


@pytest.mark.parametrize(
    ("transformer", "raw", "field"),
    [
        ("EndsMask", {"frist": 1}, "frist"),
        ("EndsMask", {"first": "1"}, "first"),
        ("EndsMask", {"first": True}, "first"),
        ("EndsMask", {"first": 1.0}, "first"),
        ("EndsMask", {"first": -1}, "first"),
        ("EndsMask", {"first": 65}, "first"),
        ("EndsMask", {"first": None}, "first"),
        ("EndsMask", {"fill": "7"}, "fill"),
        ("EndsMask", {"most": "2/3"}, "most"),
        ("EndsMask", '{"first": 1, "first": 2}', "first"),
        ("EndsMask", "[1]", "parameters"),
        ("EndsMask", '"text"', "parameters"),
        ("EndsMask", "{", "parameters"),
        ("EndsMask", '{"first": NaN}', "parameters"),
        ("EndsMask", "[" * 4000, "parameters"),
        ("EndsMask", " " * 4000 + "{" * 97, "parameters"),
        ("Redact", {"text": "x" * 129}, "text"),
        ("UUID", {"any": 1}, "any"),
        ("EmailToID", [{}, {}], "parameters"),
        ("EmailToID", {}, "parameters"),
        ("EmailToID", [{}, {"PreserveChars": "x"}, {}], "[1].PreserveChars"),
        ("EmailToID", [{}, {}, {"PreserveCommonValue": True}], "[2].PreserveCommonValue"),
        ("EmailToID", [{}, 1, {}], "[1]"),
        ("EmailToID", [{"FinalLength": 5, "PreserveChars": 5}, {}, {}], "[0].FinalLength"),
        ("EmailToID", [{"PreserveValue": True}, {"PreserveValue": True}, {}], "[0].PreserveValue"),
        ("FullNameToID", [{"PreserveValue": True}, {"PreserveValue": True}], "[1].PreserveValue"),
        ("SSNToID", {"PreserveValue": True}, "PreserveValue"),
        ("SSNToID", {"PreserveCharsStart": 5, "PreserveCharsTrailing": 5}, "PreserveCharsStart"),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(transformer: str, raw: object, field: str) -> None:
    with pytest.raises(ParameterRefused) as refusal:
        BY_NAME[transformer].parse(raw)
    assert refusal.value.field == field
    assert refusal.value.kind == "invalid"


def test_a_refusal_names_the_parameter_and_holds_no_value() -> None:
    with pytest.raises(ParameterRefused) as refusal:
        BY_NAME["Redact"].parse({"text": 5550123})
    assert "text" in str(refusal.value)
    assert "5550123" not in str(refusal.value) + refusal.value.remedy


def test_a_long_or_unprintable_name_is_not_carried_into_the_message() -> None:
    with pytest.raises(ParameterRefused) as refusal:
        BY_NAME["EndsMask"].parse({"a\n" + "b" * 500: 1})
    assert len(refusal.value.field) == 64
    assert "\n" not in str(refusal.value)


@given(raw=st.text(max_size=80))
def test_any_text_is_read_or_refused_and_nothing_else(raw: str) -> None:
    for transformer in BY_NAME.values():
        try:
            transformer.parse(raw)
        except ParameterRefused:
            continue


def test_every_parameter_is_declared_with_a_description() -> None:
    for transformer in BY_NAME.values():
        for each in transformer.schema.declared:
            assert each.description.endswith("."), (transformer.name, each.name)
            assert each.type in {"int", "str", "bool"}
