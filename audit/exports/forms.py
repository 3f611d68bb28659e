"""The forms in which entries leave: lines of CSV for people, lines of JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from audit.bodies import rfc3339
from audit.exports.spreadsheets import line_of
from audit.queries import EntryView


@dataclass(frozen=True, slots=True)
class Placed:
    """A sealed entry with its place in the tree."""

    index: int
    leaf: bytes
    entry: EntryView


@dataclass(frozen=True, slots=True)
class Form:
    """One form: what comes first, how an entry is written, and what a file of it is."""

    head: bytes
    line: Callable[[Placed], bytes]
    content_type: str
    ending: str


_COLUMNS = (
    "index", "leaf_hash", "recorded_at", "at", "id", "kind", "outcome", "actor_kind", "actor_id", "decision_id",
    "request_id", "subjects", "facts",
)  # fmt: skip


def _csv(placed: Placed) -> bytes:
    entry, body = placed.entry, placed.entry.body
    facts = {name: value for name, value in entry.facts.items() if name != "subjects"}
    return line_of(
        [
            placed.index,
            placed.leaf.hex(),
            rfc3339(entry.recorded_at),
            str(body.get("at", "")),
            str(entry.id),
            entry.kind,
            entry.outcome,
            entry.actor.kind,
            str(entry.actor.id or ""),
            str(entry.decision_id or ""),
            entry.request_id,
            " ".join(map(str, entry.facts.get("subjects") or ())),
            orjson.dumps(facts, option=orjson.OPT_SORT_KEYS).decode(),
        ]
    )


def _json(placed: Placed) -> bytes:
    """Write the body as it was sealed, to the byte: SHA-256 of a zero byte and it is `leaf_hash` (RFC 6962)."""
    told = {"index": placed.index, "leaf_hash": placed.leaf.hex(), "recorded_at": rfc3339(placed.entry.recorded_at)}
    return orjson.dumps(told)[:-1] + b',"entry":' + placed.entry.text.encode() + b"}\n"


FORMS: Mapping[str, Form] = {
    "csv": Form(line_of(_COLUMNS), _csv, "text/csv; charset=utf-8; header=present", "csv"),
    "jsonl": Form(b"", _json, "application/x-ndjson", "jsonl"),
}
