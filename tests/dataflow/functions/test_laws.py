"""Laws of the built-in functions: what they say they remove is gone, and batches give what single records give."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.functions.protocol import Failed, KeepsJson, NoSecrets
from dataflow.functions.registry import BUILTINS
from dataflow.functions.texts import Texts, TextUnfit
from dataflow.running.still_json import is_broken
from dataflow.schemas.shapes import TEXT
from tests.userstore.detecting.test_detectors import CASES
from userstore.detecting.finding import find
from userstore.detecting.jsontext import is_json, looks_like_json
from userstore.detecting.registry import DETECTORS

MASKS = [name for name, each in BUILTINS.items() if each.joined({}) is not None]
PIECES = [text for _, text in CASES]
BITS = [
    "alice",
    " ",
    "-",
    ".",
    ":",
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    "\\",
    "%",
    "é",
    "12",
    "987654321",
    "9.87654321",
    "e8",
    "=39",
    "=2D",
    "4111111111111111",
    "+",
    "@",
]
texts = st.lists(st.sampled_from(PIECES + BITS), max_size=8).map("".join)
values: st.SearchStrategy[Any] = st.recursive(
    texts | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
jsons = st.builds(
    lambda value, tight: json.dumps(value, separators=(",", ":") if tight else None), values, st.booleans()
)
seeds = st.builds(lambda number: f'{{"name":"alice","ssn":"987-65-{number:04d}"}}', st.integers(0, 9999))
records = texts | jsons | seeds


class FixedSecrets:
    """Keys that are the same in every run."""

    def key_for(self, use: str) -> bytes:
        return blake2b(use.encode(), digest_size=32).digest()


def one_by_one(name: str, told: list[str]) -> list[Any]:
    """Every record alone, without a gate and with all care: the way that opens each."""
    texts = BUILTINS[name].texts({})  # type: ignore[attr-defined]  # those that have joined records are masks
    return [_careful(texts, each) for each in told]


def _careful(texts: Texts, record: str) -> Any:
    try:
        return texts.with_care(record)
    except TextUnfit as unfit:
        return Failed(str(unfit))


@pytest.mark.parametrize("name", MASKS)
@given(told=st.lists(records, max_size=12))
def test_a_batch_behind_the_gate_gives_what_each_record_gives(name: str, told: list[str]) -> None:
    work = BUILTINS[name].prepare(TEXT, {}, NoSecrets())
    found = work(told)
    exact = one_by_one(name, told)
    assert found == exact


@pytest.mark.parametrize("name", MASKS)
@given(told=st.lists(records, min_size=1, max_size=12) | st.lists(seeds, min_size=1, max_size=30))
def test_joined_records_give_what_each_record_gives(name: str, told: list[str]) -> None:
    told = [each.replace("\n", " ") for each in told]
    joined = BUILTINS[name].joined({})
    assert joined is not None
    found, exact = joined("\n".join(told).encode()), one_by_one(name, told)
    if found is None:
        assert any(isinstance(each, Failed) for each in exact)
    else:
        assert found.decode().split("\n") == exact


HALVES = [
    '{"a":"987-65-4321"',
    '"b":"987-65-4321"}',
    '{"a":"987-65-4321"},{}',
    '{"a":"}","987-65-4321":"{"}',
    '{"a":"987-65-4321987-65-4322"}',
    '{"a":"1987-65-4321"}',
    '{"a":987-65-4321}',
    '{"a":{"b":"987-65-4321"}}',
    '{"at":17,"a":"987-65-4321"}',
    '{"a":["987-65-4321"]}',
    ' {"a":"987-65-4321"}',
    '["987-65-4321"',
    '"987-65-4321"]',
    "987-65-4321",
    "{},{}",
    "{}",
    "1",
]
"""Lines that are JSON only together, or only apart, and others like them."""


@pytest.mark.parametrize("name", MASKS)
@given(told=st.lists(st.sampled_from(HALVES), min_size=1, max_size=6))
def test_joined_records_are_judged_one_by_one(name: str, told: list[str]) -> None:
    joined = BUILTINS[name].joined({})
    assert isinstance(joined, KeepsJson)
    found, exact = joined("\n".join(told).encode()), one_by_one(name, told)
    if found is None:
        assert any(isinstance(each, Failed) for each in exact)
    else:
        assert found.decode().split("\n") == exact


@pytest.mark.parametrize("name", MASKS)
@given(told=st.lists(records | st.sampled_from(HALVES), min_size=1, max_size=12))
def test_what_says_that_it_keeps_json_does(name: str, told: list[str]) -> None:
    joined = BUILTINS[name].joined({})
    assert isinstance(joined, KeepsJson)
    lines = [each.replace("\n", " ").encode() for each in told]
    found = joined(b"\n".join(lines))
    assert found is None or not any(map(is_broken, lines, found.split(b"\n")))


@pytest.mark.parametrize("name", [*MASKS, "hash"])
@given(record=records)
def test_what_it_removes_is_gone_and_json_stays_json(name: str, record: str) -> None:
    builtin = BUILTINS[name]
    (answer,) = builtin.prepare(TEXT, {}, FixedSecrets())([record])
    removed = builtin.removes({})
    if isinstance(answer, Failed):
        assert looks_like_json(record)
        assert not is_json(record)
        return
    assert not find(answer, [DETECTORS[each] for each in sorted(removed)])
    if looks_like_json(record) and is_json(record):
        assert is_json(answer)


@pytest.mark.parametrize("name", MASKS)
@given(record=records)
def test_masking_twice_is_masking_once(name: str, record: str) -> None:
    work = BUILTINS[name].prepare(TEXT, {}, NoSecrets())
    (once,) = work([record])
    if not isinstance(once, Failed):
        assert work([once]) == [once]


@given(record=seeds)
def test_the_record_of_the_seed_is_masked_as_the_seed_shows_it(record: str) -> None:
    expected = '{"name":"alice","ssn":"***-**-****"}'
    assert BUILTINS["mask-ssn"].prepare(TEXT, {}, NoSecrets())([record]) == [expected]
