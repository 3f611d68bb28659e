"""JSON rewritten where it stands: what is not changed keeps every character, duplicate keys and long numbers too."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from typing import TypeAlias

import orjson

Path: TypeAlias = tuple[str, ...]
"""The keys from the outside to a place; elements of a list are at the list's own place."""
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_COMMA = re.compile(r"\s*,\s*")
_BEGINS = ("{", "[", '"')
_NUMBER = secrets.randbits(62)
"""Stands between lines that are parsed at once; no line can know it."""
_BETWEEN = b",%d," % _NUMBER


def looks_like_json(text: str) -> bool:
    """Say whether a text begins as objects, lists and strings of JSON do."""
    return text.lstrip("\ufeff \t\r\n").startswith(_BEGINS)


def is_json(text: str | bytes) -> bool:
    """Say whether a text is one JSON document."""
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


def are_json(lines: bytes, number: int) -> bool:
    """Say whether each of so many lines is a JSON document, parsed all at once.

    Where every second element is the number that was put between, each line is a value of its own.
    """
    try:
        found = orjson.loads(b"[" + lines.replace(b"\n", _BETWEEN) + b"]")
    except ValueError:
        return False
    return len(found) == 2 * number - 1 and found[1::2].count(_NUMBER) == number - 1


def decoded(piece: str) -> str:
    """Return the text of a string's piece."""
    return str(json.loads(piece)) if "\\" in piece else piece[1:-1]


def encoded(text: str) -> str:
    """Return a text as a string's piece."""
    return json.dumps(text, ensure_ascii=False)


class _Place:
    """An object or a list that is open while tokens pass by."""

    __slots__ = ("awaits_key", "is_object", "key")

    def __init__(self, *, is_object: bool) -> None:
        self.is_object, self.awaits_key, self.key = is_object, is_object, ""


Rewrite: TypeAlias = Callable[[str, Path], str]
"""Takes a piece and its place, returns the piece that is to stand there."""


def rewritten(text: str, *, value: Rewrite, key: Rewrite) -> str:
    """Return a JSON document, valid already, with every scalar's and every key's piece rewritten."""
    places: list[_Place] = []
    parts: list[str] = []
    last = 0
    for found in _TOKEN.finditer(text):
        piece = found[0]
        told = _passed(piece, places)
        if told is None:
            continue
        is_key, path = told
        new = key(piece, path) if is_key else value(piece, path)
        if new != piece:
            parts += [text[last : found.start()], new]
            last = found.end()
    return "".join([*parts, text[last:]])


def _passed(piece: str, places: list[_Place]) -> tuple[bool, Path] | None:
    """Let a piece pass; return for a key or a scalar which it is, and where."""
    if piece in "{[":
        places.append(_Place(is_object=piece == "{"))
    elif piece in "}]":
        places.pop()
    elif piece == ",":
        places[-1].awaits_key = places[-1].is_object
    elif piece != ":":
        here = places[-1] if places else None
        if here is not None and here.awaits_key:
            here.awaits_key, here.key = False, decoded(piece)
            return True, _path(places)
        return False, _path(places)
    return None


def _path(places: list[_Place]) -> Path:
    return tuple(each.key for each in places if each.is_object)


def without(text: str, is_dropped: Callable[[Path], bool]) -> str:
    """Return a JSON document, valid already, without the members at some places."""
    kept, last = [""], 0
    for begin, end in _members(text, is_dropped):
        kept.append(text[last:begin])
        last = _behind_comma(text, end)
        if last == end:
            _take_comma(kept)
    return "".join([*kept, text[last:]])


def _behind_comma(text: str, end: int) -> int:
    """Return where a member ends with the comma behind it and what is blank behind that; `end` where there is none."""
    found = _COMMA.match(text, end)
    return found.end() if found else end


def _take_comma(kept: list[str]) -> None:
    """Take the comma away at the end of what is kept, where there is one."""
    while len(kept) > 1 and not kept[-1].strip():
        kept.pop()
    kept[-1] = kept[-1].rstrip().removesuffix(",")


def _members(text: str, is_dropped: Callable[[Path], bool]) -> list[tuple[int, int]]:
    places: list[_Place] = []
    found: list[tuple[int, int]] = []
    begin, depth, end = -1, 0, 0
    for each in _TOKEN.finditer(text):
        piece = each[0]
        if begin >= 0 and len(places) == depth and piece in ",}":
            found.append((begin, end))
            begin = -1
        told = _passed(piece, places)
        if begin < 0 and told is not None and told[0] and is_dropped(told[1]):
            begin, depth = each.start(), len(places)
        end = each.end()
    return found
