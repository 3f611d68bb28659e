"""Valid calls with one thing wrong: what parsers, databases and sandboxes stumble over."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Raw:
    """JSON that no value of Python becomes."""

    text: str


def nested(depth: int) -> Any:
    """Arrays in arrays."""
    return [] if depth == 0 else [nested(depth - 1)]


DAMAGE: tuple[Any, ...] = (
    None, "", "\0", "x\0y", Raw('"\\ud800"'), "x" * 5_000, "\u202e\uffff", "\n", "\u2028", "%", "'", "-1", "1e5",
    0, -1, 2**31, 2**63, Raw(str(2**64)), Raw("9" * 400), Raw("1e999"), 1.5, -0.0, 1e300, "9" * 5_000,
    True, False, [], [None], [[]], [{}], {}, {"": ""}, {"id": None}, {"id": "x", "name": "\0"}, {"name": 5}, nested(60),
    str(UUID(int=0)), str(UUID(int=7)), "2030-01-31T12:00:00Z", "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "{id}", "{id} = ?", "ALL", "[]", "{}", "[1]", "null", "function policy(c, p) { return 1; }",
    "operational", "string",
)  # fmt: skip
BODIES = (
    b"", b"null", b"[]", b'""', b"0", b"{", b"\xff\xfe", b'{"a": 1, "a": 2}', b"\xef\xbb\xbf{}", b"[" * 2_000, b"NaN",
    b'{"a": NaN}', b"{}{}", b"[" * 100 + b"]" * 100,
)  # fmt: skip
MEDIA_TYPES = (
    "", "text/plain", "application/json; charset=utf-16", "application/x-www-form-urlencoded", "application/json;",
    "multipart/form-data; boundary=x", "application/" + "j" * 500,
)  # fmt: skip
QUERIES = (
    "%00", "%ff", "%ed%a0%80", "x" * 3_000, "%27", "-1", "0", "1501", "99999999999999999999", "%D9%A1",
    "true", "[]", "{}",
    "00000000-0000-0000-0000-000000000000", "('id',EQ,'x')", "('name',EQ,'%00')", "('name',LK,'%25')", "('id',EQ,'",
    "(" * 200, "end", "id:x", "id:00000000-0000-0000-0000-000000000007", "name:%2500,id:x", "id,id",
    "name,id", "created,id",
    "('created',GT,'99999999999999999')", "('created',GT,'-99999999999999999')", "2030-01-31T12:00:00Z",
)  # fmt: skip
PLACES = ("x", "%00", "%ff", "00000000-0000-0000-0000-000000000000", "9" * 30, "a" * 3_000, "%2f")
HEADERS = (
    {"Idempotency-Key": ""}, {"Idempotency-Key": "x" * 5_000}, {"Idempotency-Key": "\xe4"},
    {"Accept": "application/xml"},
    {"Accept": "application/x-ndjson"}, {"Accept": ",,;q=5"}, {"X-Request-Id": "\xe4" * 100},
    {"X-Forwarded-For": "x, ::1"},
    {"Authorization": "Bearer"}, {"Authorization": "Bearer \xe4"}, {"Authorization": "Bearer a.b.c"},
    {"Authorization": "Basic x"}, {"Authorization": "Bearer e30.e30.e30"}, {"Authorization": "Bearer " + "a" * 5_000},
)  # fmt: skip


def places_in(body: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of a body, itself first; of an array the first two."""
    yield path
    inner = body.items() if isinstance(body, dict) else list(enumerate(body))[:2] if isinstance(body, list) else ()
    for key, value in inner:
        yield from places_in(value, (*path, key))


def with_damage(body: Any, path: Path, value: Any) -> bytes:
    """Write the body with another value at a place."""
    if not path:
        return written(value)
    found = changed = copy.deepcopy(body)
    for key in path[:-1]:
        found = found[key]
    found[path[-1]] = value
    return written(changed)


def without(body: Any, path: Path) -> bytes:
    """Write the body without what is at a place other than itself."""
    found = changed = copy.deepcopy(body)
    for key in path[:-1]:
        found = found[key]
    del found[path[-1]]
    return written(changed)


def written(body: Any) -> bytes:
    """Write JSON, raw parts as they are."""
    raw: list[str] = []

    def placeholder(value: Any) -> str:
        raw.append(value.text)
        return f"@raw{len(raw) - 1}@"

    text = json.dumps(body, default=placeholder)
    for number, part in enumerate(raw):
        text = text.replace(f'"@raw{number}@"', part)
    return text.encode()
