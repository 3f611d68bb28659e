"""Raw records that are JSON stay JSON: a pattern that cuts through an escape or a number would leave neither."""

from __future__ import annotations

import secrets

import orjson

_OPENING = (b"{", b"[")
_BETWEEN = secrets.randbits(62)
"""Stands between records that are parsed at once; no record can know it."""
_COMMA = b",%d," % _BETWEEN


def is_broken(before: bytes, after: bytes) -> bool:
    """Say whether a record that was a JSON object or array still looks like one and is none any more.

    What does not look like one is taken for a text that somebody made of it.
    """
    return before != after and _looks(after) and not _parses(after) and _looks(before) and _parses(before)


def are_sound(before: bytes, after: bytes) -> bool:
    """Say whether surely no line of `after` is broken, each compared with its line of `before`; in doubt it says no."""
    if before == after:
        return True
    breaks = after.count(b"\n")
    if after[:1] == b"{" and after.count(b"\n{") == breaks:
        return _all_parse(after, breaks + 1)
    lines = after.split(b"\n")
    changed = [line for old, line in zip(before.split(b"\n"), lines, strict=True) if _looks(line) and old != line]
    return not changed or _all_parse(b"\n".join(changed), len(changed))


def _looks(record: bytes) -> bool:
    return record.lstrip()[:1] in _OPENING


def _parses(record: bytes) -> bool:
    try:
        orjson.loads(record)
    except orjson.JSONDecodeError:
        return False
    return True


def _all_parse(lines: bytes, number: int) -> bool:
    """Parse all at once. Where every second element is the number between, each record is a value of its own."""
    try:
        found = orjson.loads(b"[" + lines.replace(b"\n", _COMMA) + b"]")
    except orjson.JSONDecodeError:
        return False
    return len(found) == 2 * number - 1 and found[1::2].count(_BETWEEN) == number - 1
