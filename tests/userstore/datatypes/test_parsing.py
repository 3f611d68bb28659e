from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userstore.datatypes import DATA_TYPES, DATA_TYPES_BY_ID, Concrete, ValueRefused

ID = UUID("01234567-89ab-cdef-0123-456789abcdef")

ACCEPTED = [
    ("boolean", True, True),
    ("boolean", "true", True),
    ("boolean", "FALSE", False),
    ("integer", 42, 42),
    ("integer", 42.0, 42),
    ("integer", "42", 42),
    ("integer", "-0042", -42),
    ("integer", 2**63 - 1, 2**63 - 1),
    ("date", "2031-05-17", date(2031, 5, 17)),
    ("date", "2031-05-17T00:00:00Z", date(2031, 5, 17)),
    ("date", "2031-05-17 00:00:00.000", date(2031, 5, 17)),
    ("birthdate", date(1990, 2, 28), date(1990, 2, 28)),
    ("timestamp", "2031-05-17T08:30:00Z", datetime(2031, 5, 17, 8, 30, tzinfo=UTC)),
    ("timestamp", "2031-05-17t10:30:00.25+02:00", datetime(2031, 5, 17, 8, 30, 0, 250_000, tzinfo=UTC)),
    ("timestamp", "2031-05-17T08:30:00.123456789Z", datetime(2031, 5, 17, 8, 30, 0, 123_456, tzinfo=UTC)),
    ("timestamp", "2031-05-17 08:30:00.123", datetime(2031, 5, 17, 8, 30, 0, 123_000, tzinfo=UTC)),
    ("timestamp", "2031-05-17", datetime(2031, 5, 17, tzinfo=UTC)),
    ("uuid", "01234567-89AB-CDEF-0123-456789abcdef", ID),
    ("uuid", "0123456789abcdef0123456789abcdef", ID),
    ("uuid", ID, ID),
    ("string", "Zoë\n'\"", "Zoë\n'\""),
    ("string", "", ""),
    ("email", "", ""),
    ("email", "a.name+tag@mail.example.com", "a.name+tag@mail.example.com"),
    ("email", '"a name"@example.com', '"a name"@example.com'),
    ("email", "zoë@exämple.test", "zoë@exämple.test"),
    ("phonenumber", "", ""),
    ("phonenumber", "+49 (151) 5550-0123", "+49 (151) 5550-0123"),
    ("phonenumber", "555-0123 ext. 7", "555-0123 ext. 7"),
    ("e164_phonenumber", "", ""),
    ("e164_phonenumber", "+4915155500123", "+4915155500123"),
    ("ssn", "", ""),
    ("ssn", "123-45-6789", "123-45-6789"),
    ("ssn", "123456789", "123456789"),
]

REFUSED = [
    ("boolean", 1, "not_a_boolean"),
    ("boolean", "yes", "not_a_boolean"),
    ("boolean", None, "not_a_boolean"),
    ("integer", True, "not_an_integer"),
    ("integer", 1.5, "not_an_integer"),
    ("integer", math.inf, "not_an_integer"),
    ("integer", math.nan, "not_an_integer"),
    ("integer", 1e300, "not_an_integer"),
    ("integer", "1.5", "not_an_integer"),
    ("integer", "1_000", "not_an_integer"),
    ("integer", "٤٢", "not_an_integer"),
    ("integer", "9" * 5000, "not_an_integer"),
    ("integer", 2**63 + 5, "integer_out_of_range"),
    ("integer", "-9223372036854775809", "integer_out_of_range"),
    ("date", "2031-02-29", "not_a_date"),
    ("date", "17.05.2031", "not_a_date"),
    ("date", "20310517", "not_a_date"),
    ("date", "2031-05-17T08:30:00Z", "not_a_date"),
    ("date", 20310517, "not_a_date"),
    ("timestamp", "2032-06-18T08:30:00", "not_a_timestamp"),
    ("timestamp", "2031-05-17T25:00:00Z", "not_a_timestamp"),
    ("timestamp", "0001-01-01T00:00:00+05:00", "not_a_timestamp"),
    ("timestamp", datetime(2031, 5, 17), "not_a_timestamp"),
    ("timestamp", "now", "not_a_timestamp"),
    ("uuid", "01234567-89abcdef-0123-456789abcdef", "not_a_uuid"),
    ("uuid", "{01234567-89ab-cdef-0123-456789abcdef}", "not_a_uuid"),
    ("string", 7, "not_a_text"),
    ("string", ["a"], "not_a_text"),
    ("string", "a\0b", "not_unicode"),
    ("string", "\ud800", "not_unicode"),
    ("email", "nobody", "not_an_email"),
    ("email", "A Name <a@example.com>", "not_an_email"),
    ("email", "a@example.com\n", "not_an_email"),
    ("email", "a@-example.com", "not_an_email"),
    ("email", "a..b@example.com", "not_an_email"),
    ("email", "a" * 65 + "@example.com", "not_an_email"),
    ("email", "a@" + "b." * 150 + "test", "not_an_email"),
    ("phonenumber", "call me", "not_a_phone_number"),
    ("phonenumber", "1" * 21, "not_a_phone_number"),
    ("phonenumber", "1", "not_a_phone_number"),
    ("e164_phonenumber", "+49 151 5550123", "not_e164"),
    ("e164_phonenumber", "+0151", "not_e164"),
    ("e164_phonenumber", "+1234567890123456", "not_e164"),
    ("ssn", "123-45-678", "not_an_ssn"),
    ("ssn", "123-45-6789\n", "not_an_ssn"),
]


@pytest.mark.parametrize(("name", "raw", "value"), ACCEPTED)
def test_a_value_in_json_or_text_form_is_read(name: str, raw: object, value: object) -> None:
    read = DATA_TYPES[name].parse(raw)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(("name", "raw", "code"), REFUSED)
def test_what_does_not_fit_is_refused_with_a_code_and_without_the_value(name: str, raw: object, code: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        DATA_TYPES[name].parse(raw)
    assert refusal.value.code == code
    assert refusal.value.remedy == str(refusal.value)
    assert len(str(raw)) < 3 or str(raw) not in repr(refusal.value)
    assert refusal.value.__context__ is None and refusal.value.__cause__ is None


@given(st.sampled_from(sorted(DATA_TYPES)), st.text() | st.floats() | st.integers() | st.none() | st.lists(st.text()))
def test_whatever_arrives_is_read_or_refused_and_nothing_else_happens(name: str, raw: object) -> None:
    data_type = DATA_TYPES[name]
    try:
        value = data_type.parse(raw)
    except ValueRefused as refusal:
        assert refusal.__context__ is None
    else:
        assert data_type.restore(data_type.canonical(value)) == value


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])))
def test_a_timestamp_written_in_any_zone_is_the_same_moment(moment: datetime) -> None:
    timestamp = DATA_TYPES["timestamp"]
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:
        return
    assert timestamp.parse(moment.isoformat()) == timestamp.parse(moment) == expected


@pytest.mark.parametrize("length", [253, 100_000])
def test_an_absurdly_long_address_is_refused_at_once(length: int) -> None:
    with pytest.raises(ValueRefused):
        DATA_TYPES["email"].parse("a." * length + "@")


def test_all_native_types_are_found_by_name_and_by_their_fixed_id() -> None:
    assert len(DATA_TYPES) == len(DATA_TYPES_BY_ID) == 11
    assert all(DATA_TYPES_BY_ID[data_type.id] is data_type for data_type in DATA_TYPES.values())
    assert DATA_TYPES["phonenumber"].id == UUID("ae962c31-2ca7-42e1-814b-32e6493dba82")
    assert DATA_TYPES["email"].concrete is DATA_TYPES["ssn"].concrete is Concrete.STRING
    assert DATA_TYPES["birthdate"].concrete is Concrete.DATE
