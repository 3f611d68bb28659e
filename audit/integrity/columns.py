"""What is shown and searched beside the bodies and the signatures, compared with these: no leaf covers it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row

from audit.recorder import INDEXED_SUBJECTS
from audit.verify.notes import NoteRefused, read_checkpoint, read_note
from audit.verify.reports import Finding

_ENTRIES = """
select l.index, e.id::text, e.environment_id::text as environment, e.kind, e.outcome, e.actor_kind,
    e.actor_id::text as actor, e.decision_id::text as decision, e.request_id as request, e.subject_count,
    e.subjects, convert_to(e.body, 'UTF8') as body,
    to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as written_at
from audit_leaf l join audit_entry e on e.id = l.entry_id and e.recorded_at = l.recorded_at
where l.index >= %s order by l.index
"""

_OUTSIDE = """
select count(*), min(e.id::text) from audit_entry e, audit_integration i
where i.cluster = (select system_identifier::text from pg_control_system())
    and (e.xid < i.floor or e.xid >= pg_snapshot_xmax(pg_current_snapshot()))
    and not exists (select from audit_leaf l where l.entry_id = e.id and l.recorded_at = e.recorded_at)
"""

_CHECKPOINTS = """
select c.size, c.root, c.note,
    c.made_at + %(skew)s < e.recorded_at or c.made_at + %(skew)s < lag(c.made_at) over (order by c.size)
    or c.made_at - %(skew)s > now() as is_misdated
from audit_signedcheckpoint c
left join audit_leaf l on l.index = c.size - 1
left join audit_entry e on e.id = l.entry_id and e.recorded_at = l.recorded_at
order by c.size
"""

SKEW = timedelta(minutes=5)
"""So far the database's clock may have been put back between two checkpoints."""


def strayed(connection: psycopg.Connection, *, first: int = 0) -> Iterator[Finding]:
    """Yield the entries that a search would find as something else than they are, and those that have no place.

    Also checkpoints whose copies say something else than what was signed. `connection` is the auditor's, in a
    transaction of one snapshot; `first` the index to begin with.
    """
    size, is_told = first, False
    with connection.cursor(name="columns", row_factory=dict_row, binary=True) as cursor:
        cursor.itersize = 2_000
        for row in cursor.execute(_ENTRIES, [first]):
            size = row["index"] + 1
            told = _told(row["body"])
            if told is None:
                yield Finding(row["index"], size, "form", "its body is not in the form of an entry")
                continue
            wrong = [name for name, value in told.items() if row[name] != value]
            is_told = is_told or "written_at" in told
            if is_told and "written_at" not in told:
                wrong.append("written_at")
            if wrong:
                yield Finding(row["index"], size, "columns", f"it is searched by another {', '.join(wrong)}")
    yield from _checkpoints(connection)
    count, one = connection.execute(_OUTSIDE).fetchone() or (0, None)
    if count:
        text = f"{count} entries have no place in the tree, and the sealer is past them; one is {one}"
        yield Finding(size, size + 1, "outside", text)


def _told(body: bytes) -> Mapping[str, Any] | None:
    """Return what the columns should hold; None for a body that nothing of Sealbook writes.

    Only the canonical form is one: of a key that is there twice, two readers may take two values.
    """
    try:
        entry = orjson.loads(body)
        if orjson.dumps(entry, option=orjson.OPT_SORT_KEYS) != body:
            return None
        actor, subjects = entry["actor"], entry["facts"].get("subjects") or []
        told = {
            "id": entry["id"],
            "environment": entry["environment"],
            "kind": entry["kind"],
            "outcome": entry["outcome"],
            "actor_kind": actor["kind"],
            "actor": actor["id"],
            "decision": entry["decision"],
            "request": entry["request_id"],
            "subject_count": len(subjects),
            "subjects": subjects if 0 < len(subjects) <= INDEXED_SUBJECTS else None,
        }
        # Entries from before migration 0007 do not tell when the database took them.
        return {**told, "written_at": entry["written_at"]} if "written_at" in entry else told
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None


def _checkpoints(connection: psycopg.Connection) -> Iterator[Finding]:
    """Yield checkpoints whose root is not the one that was signed, or whose time does not fit those around it."""
    proven = 0
    with connection.cursor(name="copies", row_factory=dict_row, binary=True) as cursor:
        cursor.itersize = 2_000
        for row in cursor.execute(_CHECKPOINTS, {"skew": SKEW}):
            if _root_of(row["note"]) not in (None, row["root"]):
                yield Finding(proven, row["size"], "copy", "the checkpoint's row has another root than it signs")
            if row["is_misdated"]:
                yield Finding(proven, row["size"], "copy", "the checkpoint's row says another time than it can have")
            proven = row["size"]


def _root_of(note: str) -> bytes | None:
    """Return the root that a note tells; None for none, which its signature tells."""
    try:
        return read_checkpoint(read_note(note)).root
    except NoteRefused:
        return None
