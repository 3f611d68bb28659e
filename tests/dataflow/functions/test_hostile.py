"""No disguise carries a number of social security past what masks it, and what was JSON stays JSON."""

from __future__ import annotations

import base64
import contextlib
import json
import re

import orjson
import pytest

from dataflow.functions.protocol import Failed, NoSecrets
from dataflow.functions.registry import BUILTINS
from dataflow.schemas.shapes import ANYTHING, BYTES, TEXT, Field, Record
from tests.dataflow.functions.hostile import EVERY, FIFTEEN, OWN, READ, UNSEEN, Case
from tests.dataflow.functions.test_laws import FixedSecrets
from userstore.detecting.finding import find
from userstore.detecting.packed import Opening, Purse
from userstore.detecting.registry import SSN
from userstore.detecting.views import views_of

PARTS = ("987", "65", "4321")


def everything_in(text: str, depth: int = 0) -> list[str]:
    """Every reading of a text: behind views, in JSON and in packed rows, as whoever attacks it would open it."""
    found = [text, *(view.text for view in views_of(text))]
    if depth < 5:
        inner: list[str] = []
        Opening(lambda told: inner.append(told) or told, lambda _: True, lambda row: row, Purse()).repacked(text)  # type: ignore[func-returns-value]  # it only notes
        with contextlib.suppress(ValueError):
            inner += _leaves(json.loads(text.removeprefix("\ufeff")))
        for each in inner:
            found += everything_in(each, depth + 1) if each != text else []
    return found


def _leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [leaf for pair in value.items() for each in pair for leaf in _leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value if isinstance(value, str) else repr(value)]


def leaks(record: str) -> bool:
    """Say whether the number can be read anywhere in a record, separated in whatever way."""
    spread = re.compile(r"[^0-9]{0,12}".join(PARTS))
    return any(spread.search(each) or find(each, [SSN]) for each in everything_in(record))


def masked(name: str, record: str, **parameters: object) -> object:
    (answer,) = BUILTINS[name].prepare(TEXT, parameters, NoSecrets())([record])
    return answer


def test_there_are_as_many_as_were_promised_and_every_one_leaks_where_nothing_is_done() -> None:
    assert (len(FIFTEEN), len({each.name for each in EVERY})) == (15, len(EVERY))
    assert len(OWN) >= 20
    assert len(READ) >= 20
    assert [each.name for each in EVERY if each.seen_by_patterns and not leaks(each.record)] == []


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.name)
@pytest.mark.parametrize("name", ["mask-ssn", "mask", "redact"])
def test_patterns_see_through_it(name: str, case: Case) -> None:
    told = masked(name, case.record)
    assert isinstance(told, str)
    orjson.loads(told.removeprefix("\ufeff"))
    assert leaks(told) is not case.seen_by_patterns
    assert masked(name, told) == told


@pytest.mark.parametrize("case", [each for each in EVERY if each.field], ids=lambda case: case.name)
def test_a_declared_field_is_hidden_however_it_is_written(case: Case) -> None:
    told = masked("mask-ssn", case.record, fields=[case.field])
    assert isinstance(told, str)
    orjson.loads(told.removeprefix("\ufeff"))
    assert not leaks(told)
    assert not any(part in told for part in PARTS)


@pytest.mark.parametrize("value", UNSEEN.values(), ids=UNSEEN)
@pytest.mark.parametrize("name", ["mask-ssn", "mask", "redact", "hash"])
def test_what_patterns_cannot_see_a_declared_field_hides(name: str, value: str) -> None:
    """As a raw record, within a text of one, and as a value that has a type with a tag."""
    record = json.dumps({"ssn": value})
    for given in (record, json.dumps({"said": f"got {record} there"}), json.dumps({"said": _in_base64(record)})):
        (told,) = BUILTINS[name].prepare(TEXT, {"fields": ["$..ssn"]}, FixedSecrets())([given])
        assert not any(json.dumps(value)[1:-1] in each for each in everything_in(told))
    tagged = Record((Field("ssn", TEXT, True, "ssn", "ssn", "ssn"),))
    (told,) = BUILTINS[name].prepare(tagged, {}, FixedSecrets())([{"ssn": value}])
    assert value not in told["ssn"]


def _in_base64(text: str) -> str:
    return f"tok{base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.name)
def test_values_of_the_json_converter_are_hidden_as_well(case: Case) -> None:
    """As a parsed value of no shape, and as the tagged field of one."""
    value = orjson.loads(case.record.removeprefix("\ufeff"))
    (answer,) = BUILTINS["mask-ssn"].prepare(ANYTHING, {}, NoSecrets())([value])
    assert leaks(json.dumps(answer, ensure_ascii=False)) is not case.seen_by_patterns
    tagged = Record((Field("ssn", ANYTHING, True, "ssn", "ssn", "ssn"),))
    if isinstance(value, dict) and "ssn" in value:
        (answer,) = BUILTINS["mask-ssn"].prepare(tagged, {}, NoSecrets())([{"ssn": value["ssn"]}])
        assert not any(part in json.dumps(answer, ensure_ascii=False) for part in PARTS)


@pytest.mark.parametrize(
    "record", ['{"a":987-65-4321}', '{"ssn":"987-65-4321"', '["987-65-4321",]', '{"a":"x"} 987-65-4321']
)
def test_what_begins_as_json_and_is_none_fails_where_something_is_found(record: str) -> None:
    assert masked("mask-ssn", record) == Failed("it begins as JSON and is none")
    clean = record.replace("4321", "x")
    assert masked("mask-ssn", clean) == clean


def test_bytes_that_are_no_text_are_not_let_through() -> None:
    work = BUILTINS["mask-ssn"].prepare(BYTES, {}, NoSecrets())
    assert work([b"\xff987-65-4321", b"a 987-65-4321"]) == [Failed("it is no UTF-8"), b"a ***-**-****"]


def test_what_lies_deeper_than_is_opened_is_hidden_whole() -> None:
    text = "987-65-4321"
    for _ in range(9):
        text = base64.b64encode(text.encode()).decode()
    told = masked("mask-ssn", text)
    assert isinstance(told, str)
    for _ in range(9):
        told = base64.b64decode(told).decode() if "*" not in told else told
    assert told == "***-**-****"
