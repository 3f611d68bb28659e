"""Laws of composite values, over random data types."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.userstore.datatypes.test_writing import VALUES
from userstore.datatypes import DATA_TYPES, Composite, CompositeField, DataType, ValueRefused
from userstore.datatypes.composites import ID_FIELD, composite_type, is_field_name, with_id

KINDS = sorted(set(VALUES) - {"email", "phonenumber", "e164_phonenumber", "ssn"})
NAMES = ["Street_Address", "City", "PO_BOX", "Line_2", "X"]


@st.composite
def composites(draw: st.DrawFn) -> tuple[DataType, Composite]:
    """A data type and a value of it with some of its fields."""
    fields = [
        CompositeField(name, DATA_TYPES[draw(st.sampled_from(KINDS))], is_ignored_for_uniqueness=draw(st.booleans()))
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    ]
    data_type = composite_type(UUID(int=1), "Thing", "a thing", fields, includes_id=draw(st.booleans()))
    parts = [(f.struct_name, draw(VALUES[f.data_type.name])) for f in data_type.fields if draw(st.booleans())]
    return data_type, Composite(tuple(parts))  # type: ignore[arg-type]  # the values of native types are scalars


@given(composites())
def test_a_composite_value_comes_back_from_its_seal_its_text_and_its_json_to_the_letter(
    typed: tuple[DataType, Composite],
) -> None:
    data_type, value = typed
    assert data_type.restore(data_type.canonical(value)) == value
    assert data_type.comparand(data_type.render(value)) == value
    assert data_type.comparand(json.loads(json.dumps(data_type.json_value(value)))) == value
    assert data_type.parse({key.upper(): one for key, one in data_type.json_value(value).items()}) == value


@given(composites(), st.data())
def test_uniqueness_looks_at_exactly_the_fields_that_count(
    typed: tuple[DataType, Composite], data: st.DataObject
) -> None:
    data_type, value = typed
    ignored = {f.struct_name: f for f in data_type.fields if f.is_ignored_for_uniqueness}
    changed = [(n, data.draw(VALUES[ignored[n].data_type.name])) if n in ignored else (n, v) for n, v in value.parts]
    other_notes: Any = tuple(changed)
    assert data_type.index_form(Composite(other_notes)) == data_type.index_form(value)
    assert data_type.fold(data_type.fold(value)) == data_type.fold(value)
    for name, part in value.parts:
        if name not in ignored and isinstance(part, bool):
            other = Composite(tuple((n, not v if n == name else v) for n, v in value.parts))
            assert data_type.index_form(other) != data_type.index_form(value)


@given(composites(), st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1))
def test_an_id_is_given_once_and_never_counts(typed: tuple[DataType, Composite], new_id: str) -> None:
    data_type, value = typed
    named = with_id(value, new_id)
    assert named.part("id") == (value.part("id") or new_id)
    assert with_id(named, "another") == named
    if data_type.includes_id:
        assert data_type.index_form(named) == data_type.index_form(value)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "not_an_object"),
        ("[]", "not_an_object"),
        (None, "not_an_object"),
        ({}, "field_missing"),
        ({"city": None}, "field_missing"),
        ({"city": 1}, "not_a_text"),
        ({"city": "x", "planet": 1}, "field_unknown"),
        ({"city": "x", "City": "x"}, "field_twice"),
        ("[" * 100_000, "not_an_object"),
    ],
)
def test_what_is_no_value_is_refused_and_never_repeated(raw: object, code: str) -> None:
    fields = [CompositeField("City", DATA_TYPES["string"], is_required=True)]
    data_type = composite_type(UUID(int=1), "Home", "a home", fields, includes_id=True)
    with pytest.raises(ValueRefused) as refused:
        data_type.parse(raw)
    assert refused.value.code == code
    with pytest.raises(ValueRefused, match="field of that name"):
        data_type.parse({"city": "x", "ada@example.com": "x"})


def test_stored_bytes_of_another_shape_are_unreadable() -> None:
    data_type = composite_type(UUID(int=1), "Home", "a home", [ID_FIELD], includes_id=False)
    for stored in (b"{", b"[]", b'{"planet": 1}', b"\xff"):
        with pytest.raises(ValueRefused, match="stored bytes"):
            data_type.restore(stored)


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("Street_Address", True), ("PO_BOX", True), ("Line_2", True), ("A1_b2", False), ("Zip", True), ("S_1a", True),
        ("street", False), ("_Street", False), ("Street_", False), ("1_A", False), ("ABc", False), ("", False),
        ("A" * 65, False), ("Stra\u00dfe", False),
    ],
)  # fmt: skip
def test_a_field_is_named_by_capitalised_parts(name: str, fits: bool) -> None:
    assert is_field_name(name) is fits
