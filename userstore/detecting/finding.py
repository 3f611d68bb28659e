"""Looking for personal data in one text, behind disguises as well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from userstore.detecting.gate import DISGUISED
from userstore.detecting.protocol import Detector
from userstore.detecting.views import views_of

PLAIN = re.compile(r"[ -$'-;=?-\[\]-~]*")
"""Texts that are what they seem: ASCII without tabs, %, &, <, >, backslash; what several begin is looked for apart."""
_DISGUISED = tuple(each.decode() for each in DISGUISED)
ROUNDS = 8
"""How often a text is looked through again: taking out one find can uncover another."""
WHOLE = "***"
"""What stands for a text that still has finds after that."""
_TAKEN = "\ufffc"
"""Holds the place of a find until all are found: no detector takes it for a part of anything."""


_UUID = re.compile(
    r"(?i)(?<![0-9a-z])[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-z])"
)
"""An identifier of RFC 9562, section 4, with its version and its variant."""
_UUID_LENGTH = 36
_HEX_LETTER = re.compile(r"[A-Fa-f]")


class Find(NamedTuple):
    """Personal data in a text, from `begin` up to `end`. `reads`: what it says behind its disguise; never shown."""

    category: str
    begin: int
    end: int
    mask: str
    reads: str


def is_plain(text: str) -> bool:
    """Say whether a text is what it seems, so that detectors need no view of it."""
    return PLAIN.fullmatch(text) is not None and not any(sign in text for sign in _DISGUISED)


def find(text: str, detectors: Iterable[Detector]) -> list[Find]:
    """Return what detectors find in a text; finds can overlap where it has several readings."""
    detectors = tuple(detectors)
    found = list(_in(text, detectors))
    if not is_plain(text):
        for view in views_of(text):
            for each in _in(view.text, detectors):
                begin, end = view.span(each.begin, each.end)
                found.append(each._replace(begin=begin, end=end))
    return found


def _in(text: str, detectors: Sequence[Detector]) -> Iterator[Find]:
    for each in detectors:
        for pattern in each.patterns:
            for match in pattern.finditer(text):
                if each.confirms(match[0]) and not _in_uuid(text, *match.span()):
                    yield Find(each.category, match.start(), match.end(), each.mask, match[0])


def _in_uuid(text: str, begin: int, end: int) -> bool:
    """Say whether digits are some of a UUID's; one of digits alone could be anybody's way to write a number."""
    return end - begin < _UUID_LENGTH and any(
        each.start() <= begin and end <= each.end() and _HEX_LETTER.search(each[0]) is not None
        for each in _UUID.finditer(text, max(0, begin - _UUID_LENGTH), end + _UUID_LENGTH)
    )


def masked(text: str, detectors: Sequence[Detector]) -> str:
    """Return a text in which the detectors find nothing any more, since their masks stand there."""
    told = _masked(text, detectors, find)
    return WHOLE if told is None else told


def masked_lines(text: str, detectors: Sequence[Detector]) -> str | None:
    """Return lines of which each is masked as it is alone; None where one takes too long.

    Every line has to be what it seems (`is_plain`): no detector looks beyond its end then.
    """
    if len(detectors) == 1 and detectors[0].stands_alone:
        return detectors[0].patterns[0].sub(detectors[0].mask, text)
    return _masked(text, detectors, _in)


def _masked(
    text: str, detectors: Sequence[Detector], look: Callable[[str, Sequence[Detector]], Iterable[Find]]
) -> str | None:
    for _ in range(ROUNDS):
        found = _apart(look(text, detectors))
        if not found:
            return text
        text = _with(text, found, [each.mask for each in found])
    return None


def replaced(text: str, detectors: Sequence[Detector], instead: Callable[[Find], str]) -> str:
    """Return a text with something else in the place of every find, in which nobody looks again.

    Args:
        instead: what stands in the place of a find.
    """
    if not find(text, detectors):
        return text
    text, told = text.replace(_TAKEN, ""), list[str]()
    for _ in range(ROUNDS):
        found = _apart(find(text, detectors))
        if not found:
            parts = text.split(_TAKEN)
            return "".join([parts[0], *(each for pair in zip(told, parts[1:], strict=True) for each in pair)])
        told = _taken(text, found, told, instead)
        text = _with(text, found, [_TAKEN] * len(found))
    return WHOLE


def _taken(text: str, found: Sequence[Find], before: Sequence[str], instead: Callable[[Find], str]) -> list[str]:
    """Return what stands in all places taken so far, in their order; a find can lie around one of them."""
    told, last = list[str](), 0
    waiting = iter(before)
    for each in found:
        told += [next(waiting) for _ in range(text.count(_TAKEN, last, each.begin))]
        for _ in range(text.count(_TAKEN, each.begin, each.end)):
            next(waiting)
        told.append(instead(each))
        last = each.end
    return [*told, *waiting]


def _with(text: str, found: Sequence[Find], instead: Sequence[str]) -> str:
    parts, last = list[str](), 0
    for each, new in zip(found, instead, strict=True):
        parts += [text[last : each.begin], new]
        last = each.end
    return "".join([*parts, text[last:]])


def _apart(found: Iterable[Find]) -> list[Find]:
    """Join finds that overlap: the longer one says what stands there."""
    told: list[Find] = []
    for each in sorted(found, key=lambda each: (each.begin, -each.end)):
        if told and each.begin < told[-1].end:
            told[-1] = told[-1]._replace(end=max(told[-1].end, each.end))
        else:
            told.append(each)
    return told
