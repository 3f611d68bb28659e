"""The gate leaves out nothing that a detector finds, and nothing that is disguised."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.userstore.detecting.test_detectors import CASES, OTHERS
from userstore.detecting.finding import find, masked
from userstore.detecting.gate import Gate
from userstore.detecting.registry import DETECTORS

PIECES = [text for _, text in CASES + OTHERS]
WORDS = [
    "alice",
    "the",
    "12",
    "2026",
    '"',
    "{",
    "}",
    ":",
    ",",
    " ",
    "-",
    ".",
    "(",
    "@",
    "x",
    "/",
    "::",
    "é",
    "\\u0031",
    "%31",
    "&#49;",
]
records = st.lists(
    st.lists(st.sampled_from(PIECES + WORDS) | st.text("0123456789-. @:ax+/", max_size=12), max_size=8), max_size=8
)


@given(told=records, names=st.sets(st.sampled_from(sorted(DETECTORS)), min_size=1))
def test_every_record_with_a_find_is_a_suspect(told: Sequence[Sequence[str]], names: set[str]) -> None:
    lines = ["".join(each).replace("\n", " ") for each in told]
    detectors = [DETECTORS[each] for each in sorted(names)]
    gate = Gate(detectors)
    suspects = gate.suspects("\n".join(lines).encode())
    with_finds = {number for number, line in enumerate(lines) if find(line, detectors)}
    assert with_finds <= set(suspects)
    assert suspects == sorted(set(suspects))
    assert gate.is_clear("\n".join(lines).encode()) is (not suspects)


@pytest.mark.parametrize("category", DETECTORS)
def test_records_without_a_trace_are_not_suspects(category: str) -> None:
    lines = [json.dumps({"name": "alice", "note": "nothing here", "n": number}) for number in range(50)]
    assert Gate([DETECTORS[category]]).suspects("\n".join(lines).encode()) == []


@pytest.mark.parametrize(
    "disguise", ["\\u0031", "%31", "&#49;", "<b>", "/*", "１", "\u200b", "\x00", "=2D", "=39", "MTIzLTQ1LTY3ODk"]
)
def test_whatever_may_be_a_disguise_is_a_suspect(disguise: str) -> None:
    lines = ["a", f"a {disguise} b", "c"]
    assert Gate([DETECTORS["ssn"]]).suspects("\n".join(lines).encode()) == [1]


@pytest.mark.parametrize(
    "text",
    [
        "<!--" * 20000,
        "/*" * 40000,
        "1" + "О" * 60000,
        "<b" * 30000,
        "%31" * 30000,
        "&#" * 40000,
        "1 " * 40000,
        "a.a@" * 20000,
        "1:" * 40000,
        "(1) " * 20000,
        "\\" * 60000,
        "<b '" * 20000,
        "<b \"'" * 20000,
        "<?" * 40000,
        "\x1b]" * 30000,
        "=39" * 20000,
        "\\N{A" * 15000,
        "&#0" * 20000,
        "987(((((" * 8000,
        "</" + "a'" * 30000,
        "1.1" * 20000,
        "+1" * 30000,
        "AB12" * 20000,
    ],
    ids=lambda text: text[:8],
)
def test_no_text_takes_more_than_its_length_allows(text: str) -> None:
    """A pattern that tries everything again from every character would need hours, and end by the limit of a test."""
    assert isinstance(masked(text, list(DETECTORS.values())), str)
