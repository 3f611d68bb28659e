"""Sealed entries in the order of their places, for whoever keeps a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from audit.errors import AuditorNotConfigured
from audit.queries import AUDITOR

LOOKED_THROUGH = 20_000
"""Places that one step goes on at most, whoever's entries they are."""

_SIGNED = "select size, note from audit_signedcheckpoint order by size desc limit 1"
_SPAN = "select min(recorded_at), max(recorded_at) from audit_leaf where index >= %s and index < %s"
_ENTRIES = """
select l.index, l.hash, e.recorded_at, e.body
from audit_leaf l join audit_entry e on e.id = l.entry_id and e.recorded_at = l.recorded_at
where l.index >= %s and l.index < %s and e.environment_id = any(%s) and e.recorded_at >= %s and e.recorded_at <= %s
order by l.index limit %s
"""


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """One entry, its place, and the hash that the tree has of it."""

    index: int
    leaf: bytes
    recorded_at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log has signed: a C2SP note over so many entries."""

    size: int
    note: str

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.note.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Step:
    """What lies between a cursor and `until`, the cursor behind it; `checkpoint` covers all of it."""

    entries: list[SealedEntry]
    until: int
    checkpoint: Checkpoint | None


def signed() -> Checkpoint | None:
    """Return the last checkpoint. Raises `AuditorNotConfigured`."""
    rows = _rows(_SIGNED, [])
    return Checkpoint(rows[0][0], rows[0][1]) if rows else None


def sealed_from(environments: Sequence[UUID], first: int, *, most: int) -> Step:
    """Return the next entries of some environments from a place on, at most so many, below what the log has signed.

    Entries whose bodies are gone are left out. Raises `AuditorNotConfigured`.
    """
    checkpoint = signed()
    end = min(first + LOOKED_THROUGH, checkpoint.size if checkpoint else 0)
    if end <= first:
        return Step([], first, checkpoint)
    since, last = _rows(_SPAN, [first, end])[0]
    rows = _rows(_ENTRIES, [first, end, list(environments), since, last, most])
    entries = [SealedEntry(index, bytes(leaf), at, body) for index, leaf, at, body in rows]
    return Step(entries, entries[-1].index + 1 if len(entries) == most else end, checkpoint)


def _rows(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    with connections[AUDITOR].cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
