"""Detectors find what they are for, as it is written, and leave its look-alikes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from userstore.detecting.finding import find, masked
from userstore.detecting.registry import DETECTORS

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "detectors.json").read_text())
CASES = [(each["category"], text) for each in VECTORS["groups"] for text in each["found"]]
OTHERS = [(each["category"], text) for each in VECTORS["groups"] for text in each["not_found"]]


@pytest.mark.parametrize(("category", "text"), CASES)
@pytest.mark.parametrize("around", ["{}", "x: {}, y", '{{"a":"{}"}}'])
def test_it_is_found_as_it_is_written(category: str, text: str, around: str) -> None:
    record = around.format(text)
    found = find(record, [DETECTORS[category]])
    assert text in {record[each.begin : each.end] for each in found}
    assert {each.category for each in found} == {category}


@pytest.mark.parametrize(("category", "text"), OTHERS)
def test_look_alikes_are_left(category: str, text: str) -> None:
    assert find(text, [DETECTORS[category]]) == []


def test_every_detector_has_vectors_with_their_origin() -> None:
    assert {each["category"] for each in VECTORS["groups"]} == set(DETECTORS)
    assert all(each["source"] for each in VECTORS["groups"])


@pytest.mark.parametrize("category", DETECTORS)
def test_nothing_is_found_in_a_mask(category: str) -> None:
    mask = DETECTORS[category].mask
    assert masked(f"a {mask} b", list(DETECTORS.values())) == f"a {mask} b"


UUID = "5ea1b00c-0000-4000-8000-123456789012"


@pytest.mark.parametrize("around", ["{}", "order {}, paid", '{{"a":"{}"}}', "{}\nx", "\t{}"])
def test_digits_of_a_uuid_are_nobodys(around: str) -> None:
    text = around.format(UUID)
    assert masked(text, list(DETECTORS.values())) == text


@pytest.mark.parametrize(
    "text",
    [
        UUID.replace("4000", "0000"),  # no version
        UUID.replace("8000", "0143"),  # no variant
        f"{UUID}7",
        "50100000-0000-4000-8000-123456789012",  # digits alone
        f"{UUID[:9]}202-555-0143",
    ],
)
def test_what_is_only_like_a_uuid_hides_no_number(text: str) -> None:
    assert masked(text, [DETECTORS["phone"]]) != text
    assert masked(f"{UUID} 202-555-0143", [DETECTORS["phone"]]) == f"{UUID} ***-***-****"
