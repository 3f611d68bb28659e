"""Raw records that are JSON stay JSON: a pattern that cuts through an escape or a number would leave neither."""

from __future__ import annotations

import orjson

from userstore.detecting.jsontext import are_json

_OPENING = (b"{", b"[")


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
        return are_json(after, breaks + 1)
    lines = after.split(b"\n")
    changed = [line for old, line in zip(before.split(b"\n"), lines, strict=True) if _looks(line) and old != line]
    return not changed or are_json(b"\n".join(changed), len(changed))


def _looks(record: bytes) -> bool:
    return record.lstrip()[:1] in _OPENING


def _parses(record: bytes) -> bool:
    try:
        orjson.loads(record)
    except orjson.JSONDecodeError:
        return False
    return True
