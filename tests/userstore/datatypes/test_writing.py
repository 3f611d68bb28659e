from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userstore.datatypes import DATA_TYPES, Value, ValueRefused

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES: dict[str, st.SearchStrategy[Value]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "date": st.dates(),
    "birthdate": st.dates(),
    "timestamp": st.datetimes(timezones=st.just(UTC)),
    "uuid": st.uuids(),
    "string": TEXT,
    "email": TEXT | st.from_regex(r"[a-z]{1,3}@[A-Za-zÄäİ]{1,3}\.test", fullmatch=True),
    "phonenumber": TEXT | st.from_regex(r"\+?[0-9 ()-]{2,12}( ?x ?[0-9]{1,3})?", fullmatch=True),
    "e164_phonenumber": st.from_regex(r"\+[1-9][0-9]{1,14}", fullmatch=True),
    "ssn": st.from_regex(r"[0-9]{3}-?[0-9]{2}-?[0-9]{4}", fullmatch=True),
}
TYPED = st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(DATA_TYPES[name]), VALUES[name]))


@given(TYPED)
def test_what_was_sealed_comes_back_to_the_letter(typed: tuple) -> None:
    data_type, value = typed
    restored = data_type.restore(data_type.canonical(value))
    assert (restored, type(restored)) == (value, type(value))


@given(TYPED)
def test_what_was_rendered_is_read_back_but_for_fractions_of_a_second(typed: tuple) -> None:
    data_type, value = typed
    expected = value.replace(microsecond=0) if isinstance(value, datetime) else value
    assert data_type.comparand(data_type.render(value)) == expected
    assert data_type.comparand(data_type.json_value(value)) == value


@given(TYPED)
def test_folding_twice_changes_nothing_more(typed: tuple) -> None:
    data_type, value = typed
    assert data_type.fold(data_type.fold(value)) == data_type.fold(value)


@given(st.sampled_from(sorted(VALUES)), st.data())
def test_index_forms_are_equal_exactly_where_folded_values_are(name: str, data: st.DataObject) -> None:
    data_type = DATA_TYPES[name]
    one, other = data.draw(VALUES[name]), data.draw(VALUES[name])
    assert (data_type.index_form(one) == data_type.index_form(other)) == (data_type.fold(one) == data_type.fold(other))


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("string", "Zoë", unicodedata.normalize("NFD", "Zoë")),
        ("email", "Name@EXAMPLE.com", "Name@example.com"),
        ("phonenumber", "+49 (151) 5550-0123", "+4915155500123"),
        ("phonenumber", "555-0123 ext. 7", "5550123x7"),
        ("ssn", "123-45-6789", "123456789"),
    ],
)
def test_two_writings_of_one_thing_share_an_index_form(name: str, one: str, other: str) -> None:
    assert DATA_TYPES[name].index_form(one) == DATA_TYPES[name].index_form(other)
    assert DATA_TYPES[name].canonical(one) != DATA_TYPES[name].canonical(other)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("string", "a", "A"),
        ("email", "name@example.com", "Name@example.com"),
        ("phonenumber", "+1 555 0123", "1 555 0123"),
        ("phonenumber", "555-0123 x4", "555-01234"),
        ("phonenumber", "", "()"),
    ],
)
def test_two_different_things_never_share_an_index_form(name: str, one: str, other: str) -> None:
    assert DATA_TYPES[name].index_form(one) != DATA_TYPES[name].index_form(other)


@pytest.mark.parametrize(
    ("name", "value", "text", "json"),
    [
        ("boolean", True, "true", True),
        ("integer", -42, "-42", -42),
        ("date", date(31, 5, 7), "0031-05-07", "0031-05-07"),
        (
            "timestamp",
            datetime(2031, 5, 17, 10, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=2))),
            "2031-05-17T08:30:00Z",
            "2031-05-17T08:30:00.250000Z",
        ),
        ("uuid", UUID(int=7), "00000000-0000-0000-0000-000000000007", "00000000-0000-0000-0000-000000000007"),
        ("email", "Name@EXAMPLE.com", "Name@EXAMPLE.com", "Name@EXAMPLE.com"),
    ],
)
def test_rows_carry_values_as_the_wire_contract_writes_them(name: str, value: Value, text: str, json: object) -> None:
    assert DATA_TYPES[name].render(value) == text
    assert DATA_TYPES[name].json_value(value) == json


@pytest.mark.parametrize(
    ("name", "value"), [("integer", True), ("date", datetime(2031, 5, 17, tzinfo=UTC)), ("string", 7), ("uuid", "x")]
)
def test_a_value_of_another_python_type_is_never_sealed(name: str, value: Value) -> None:
    with pytest.raises(TypeError) as error:
        DATA_TYPES[name].canonical(value)
    assert str(value) not in str(error.value)


def test_a_moment_without_time_zone_is_never_sealed() -> None:
    with pytest.raises(TypeError):
        DATA_TYPES["timestamp"].canonical(datetime(2031, 5, 17))


@pytest.mark.parametrize(
    ("name", "stored"),
    [("string", b"\xff"), ("integer", b"marked"), ("date", b"\xffmarked"), ("uuid", b"x"), ("boolean", b"1")],
)
def test_stored_bytes_of_another_making_are_refused_without_quoting_them(name: str, stored: bytes) -> None:
    with pytest.raises(ValueRefused) as refusal:
        DATA_TYPES[name].restore(stored)
    assert refusal.value.code == "unreadable"
    assert "marked" not in repr(refusal.value) and refusal.value.__context__ is None
