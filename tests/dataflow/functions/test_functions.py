"""What each built-in function does with values of a type and with raw records, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dataflow.functions.protocol import Failed, NoSecrets, ParametersRefused
from dataflow.functions.registry import BUILTINS
from dataflow.schemas.shapes import ANYTHING, BYTES, NUMBER, TEXT, Choice, Field, Many, Pair, Record, Shape, categories
from tests.dataflow.functions.test_laws import FixedSecrets

PERSON = Record(
    (
        Field("name", TEXT, False, "name", "name", "name"),
        Field("ssn", TEXT, True, "ssn", "ssn", "ssn"),
        Field("year", NUMBER, True, "year", "year", "date"),
        Field("notes", Many(TEXT), True, "notes", "notes"),
        Field("kind", Choice((("plain", None), ("held", TEXT))), True, "kind", "kind"),
    ),
    "person",
)
ALICE = {
    "name": "Alice",
    "ssn": "98 765 4321 0",
    "year": 1990,
    "notes": ["is 987-65-4321", "x"],
    "kind": {"held": "a@example.com"},
}


def done(name: str, value: Any, shape: Shape = TEXT, secrets: Any = None, **parameters: Any) -> Any:
    (answer,) = BUILTINS[name].prepare(shape, parameters, secrets or FixedSecrets())([value])
    return answer


def test_tagged_fields_are_hidden_whatever_they_look_like_and_texts_where_something_is_found() -> None:
    told = done("mask-ssn", ALICE, PERSON)
    assert told == ALICE | {"ssn": "***-**-****", "notes": ["is ***-**-****", "x"]}
    told = done("mask", ALICE, PERSON)
    assert (told["name"], told["year"], told["kind"]) == ("***", 0, {"held": "***@***"})
    told = done("redact", ALICE, PERSON, categories=["name"], fields=["$.notes", "$.kind.held"])
    assert told == ALICE | {"name": "[redacted]", "notes": ["[redacted]"] * 2, "kind": {"held": "[redacted]"}}


def test_what_is_hidden_is_no_personal_data_of_the_type_any_more() -> None:
    assert categories(BUILTINS["mask-ssn"].gives(PERSON, {})) == {"name", "date"}
    assert categories(BUILTINS["mask"].gives(PERSON, {})) == frozenset()
    assert categories(BUILTINS["hash"].gives(PERSON, {"fields": ["$.name"], "categories": ["ssn"]})) == {"date"}
    assert BUILTINS["mask-ssn"].gives(PERSON, {}) == PERSON
    assert BUILTINS["mask-ssn"].removes({}) == {"ssn"}
    assert BUILTINS["mask"].removes({"categories": ["card", "name"]}) == {"card", "name"}


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("mask-ssn", {"categories": ["card"]}, "there is no parameter `categories`; there are fields, keys"),
        ("mask", {"categories": []}, "`categories` is a list"),
        ("mask", {"categories": ["plate"]}, "nothing finds `plate` by how it looks"),
        ("mask", {"fields": ["name"]}, "`name` names no field: write $.name"),
        ("mask", {"fields": ["$.name["]}, "names no field"),
        ("mask", {"fields": ["$.nmae"]}, "`fields` names $.nmae, and person has no such field"),
        ("mask", {"fields": "$.name"}, "`fields` is a list of places"),
        ("mask", {"keys": "no"}, "`keys` is true or false"),
        ("hash", {"use": 7}, "`use` is a text"),
        ("drop-field", {}, "`fields` names what to drop"),
        ("drop-field", {"fields": ["$.ssn"], "categories": ["name"]}, "a field that stays is tagged with it"),
        ("drop-field", {"fields": ["$.ssn"], "keys": True}, "there is no parameter `keys`"),
        ("detect", {"fields": ["$.ssn"]}, "takes no `fields`"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(name: str, parameters: Mapping[str, Any], says: str) -> None:
    with pytest.raises(ParametersRefused) as refused:
        BUILTINS[name].gives(PERSON, parameters)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["$.a.b"], '{"a":{"b":"***","c":1},"B":[{"b":2}]}'),
        (["$.A.B"], '{"a":{"b":"***","c":1},"B":[{"b":2}]}'),
        (["$..b"], '{"a":{"b":"***","c":1},"B":[{"***":"***"}]}'),
        (["$.a"], '{"a":{"***":"***","***":"***"},"B":[{"b":2}]}'),
        (["$.B[*].b"], '{"a":{"b":true,"c":1},"B":[{"b":"***"}]}'),
    ],
)
def test_fields_are_found_by_their_place(fields: list[str], expected: str) -> None:
    assert done("mask", '{"a":{"b":true,"c":1},"B":[{"b":2}]}', fields=fields) == expected


def test_what_is_not_replaced_keeps_every_character() -> None:
    record = '{ "n" : 12345678901234567890123, "f":1.50, "é":"\\u00e9", "a":1, "a":2, "ssn":"987-65-4321" }'
    assert done("mask-ssn", record) == record.replace("987-65-4321", "***-**-****")


def test_keys_stay_where_that_is_asked_for_and_none_is_lost_where_not() -> None:
    assert done("mask-ssn", '{"987-65-4321":1}', keys=False) == '{"987-65-4321":1}'
    value = {"987-65-4321": 1, "987-65-4322": 2}
    assert done("mask-ssn", value, ANYTHING) == {"***-**-****": 1, "***-**-****#2": 2}
    assert done("mask-ssn", value, ANYTHING, keys=False) == value


def test_equal_values_have_equal_hashes_under_one_key_and_use() -> None:
    one, other = done("hash", "a 987-65-4321"), done("hash", "b ９８７ 65 4321")
    assert one.split(" ")[1] == other.split(" ")[1]
    assert len(one.split(" ")[1]) == 34
    assert done("hash", "a 987-65-4321", use="x") != one
    assert done("hash", "a 987-65-4322") != one
    with pytest.raises(ParametersRefused, match="there is no key for hash"):
        done("hash", "a", secrets=NoSecrets())


def test_fpe_keeps_the_form_and_hides_the_value() -> None:
    told = done("fpe", "card 4111 1111 1111 1111, ssn 987-65-4321")
    assert "4111 1111" not in told
    assert "987-65" not in told
    assert [len(each) for each in told.split()] == [4, 4, 4, 4, 5, 3, 11]
    assert told == done("fpe", "card 4111 1111 1111 1111, ssn 987-65-4321")
    assert done("fpe", '{"id":"Abcdefgh-12"}', fields=["$.id"])[8:-2].endswith("-**")
    assert done("fpe", '{"id":"12"}', fields=["$.id"]) == Failed("it has fewer than 6 digits or letters to replace")


def test_dropped_fields_are_in_neither_the_value_nor_the_type() -> None:
    fields = ["$.ssn", "$.kind"]
    told = done("drop-field", ALICE, PERSON, fields=fields)
    assert told == {"name": "Alice", "year": 1990, "notes": ALICE["notes"]}
    shape = BUILTINS["drop-field"].gives(PERSON, {"fields": fields, "categories": ["ssn"]})
    assert isinstance(shape, Record)
    assert [each.name for each in shape.fields] == ["name", "year", "notes"]
    assert BUILTINS["drop-field"].removes({"categories": ["ssn"]}) == {"ssn"}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ('{"a":1,"b":2,"c":3}', '{"b":2,"c":3}'),
        ('{"b":2 , "a":{"b":[1,{}]}}', '{"b":2 }'),
        ('{"a":1,"A":2}', "{}"),
        ('{"b":1,"a":"}","c":[{"a":2}]}', '{"b":1,"c":[{"a":2}]}'),
        ("[]", "[]"),
        ("no json", Failed("it is no JSON, so its fields cannot be found")),
    ],
)
def test_fields_are_dropped_from_raw_records(record: str, expected: Any) -> None:
    assert done("drop-field", record, fields=["$.a"]) == expected


def test_categories_are_named_and_values_are_not() -> None:
    assert done("detect", "a@example.com 987-65-4321") == ["email", "ssn"]
    assert done("detect", ALICE, PERSON) == ["date", "email", "name", "ssn"]
    assert done("detect", ALICE, PERSON, categories=["ssn"]) == ["ssn"]
    assert (done("detect", "nothing"), done("only-detected", "nothing")) == ([], None)
    assert done("only-detected", "4111 1111 1111 1111") == ["card"]


def test_numbers_keys_pairs_and_bytes_are_looked_at_as_well() -> None:
    assert done("mask-card", 4111111111111111, NUMBER) == 0
    assert done("mask-card", {"n": 4111111111111111}, ANYTHING) == {"n": "****-****-****-****"}
    assert done("mask-ssn", ("987-65-4321", "x"), Pair(TEXT, TEXT)) == ("***-**-****", "x")
    assert done("mask-ssn", ["987-65-4321".encode("utf-16"), b"\xff"], Many(BYTES))[1] == b"\xff"
    assert b"9" not in done("mask-ssn", ["987-65-4321".encode("utf-16")], Many(BYTES))[0]
