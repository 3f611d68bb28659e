"""The eight masking patterns of DIGIT's data-security configuration, as plain functions.

Source: the master `MaskingPatterns` of the DIGIT platform (patterns 001 to 006 in its data repository, 007 and 008 in
its later seed). There, each is a regular expression whose matches become "*". Here, each answers which characters stay
visible, in linear time; and as with every mask the share of visible characters is bounded, where DIGIT's patterns 001
and 003 show values of four and two characters whole. Two differ in what they hide, always towards hiding more: 005
hides every character (DIGIT's leaves letters beyond Latin and some signs), 006 also what stands before punctuation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from userstore.transforming.disclosure import (
    LENGTHS,
    allowance,
    fill_option,
    last_of,
    lengths_option,
    share_option,
    substantive_positions,
)
from userstore.transforming.parameters import option


def _last(count: int) -> Callable[[str], list[int]]:
    return lambda value: list(range(max(len(value) - count, 0), len(value)))


def _ends(first: int, last: int) -> Callable[[str], list[int]]:
    return lambda value: sorted({*range(min(first, len(value))), *range(max(len(value) - last, 0), len(value))})


def _word_starts(value: str) -> list[int]:
    return [
        position
        for position, character in enumerate(value)
        if not (character.isalnum() and position and _is_word(value[position - 1]))
    ]


def _email_hints(value: str) -> list[int]:
    at = value.rfind("@")
    if at < 0:
        return []
    return sorted({0, at, min(at + 1, len(value) - 1), len(value) - 1})


def _last_word_characters(value: str) -> list[int]:
    words = [position for position, character in enumerate(value) if _is_word(character)]
    others = [position for position, character in enumerate(value) if not _is_word(character)]
    return sorted([*others, *words[-2:]])


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


VISIBLE: Mapping[str, Callable[[str], list[int]]] = {
    "001": _last(4),
    "002": _word_starts,
    "003": _last(2),
    "004": _email_hints,
    "005": lambda _value: [],
    "006": _last_word_characters,
    "007": _ends(1, 3),
    "008": _ends(1, 2),
}


@dataclass(frozen=True, slots=True)
class PatternShown:
    """One of DIGIT's patterns."""

    pattern: str = option("005", "The pattern's number in DIGIT's configuration.", choices=tuple(VISIBLE))
    fill: str = fill_option()
    most: str = share_option()
    lengths: str = lengths_option()


def mask_pattern(value: str, shown: PatternShown) -> str:
    """Mask as DIGIT's pattern does, within the share: "9876543210" under 001 at "1/2" -> "******3210"."""
    substantive = set(substantive_positions(value)) - {value.rfind("@")}
    wanted = VISIBLE[shown.pattern](value)
    # The last ones stay: of an account or a phone number they are what a person recognises.
    counted = [position for position in wanted if position in substantive]
    visible = (set(wanted) - substantive) | set(last_of(counted, allowance(len(substantive), shown.most)))
    return LENGTHS[shown.lengths](value, visible, shown.fill)
