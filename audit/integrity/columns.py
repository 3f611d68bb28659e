"""The columns that entries are searched by, which no leaf covers: compared with the bodies that they are copies of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row

from audit.recorder import INDEXED_SUBJECTS
from audit.verify.reports import Finding

_ENTRIES = """
select l.index, e.id::text, e.environment_id::text as environment, e.kind, e.outcome, e.actor_kind,
    e.actor_id::text as actor, e.decision_id::text as decision, e.request_id as request, e.subject_count,
    e.subjects, convert_to(e.body, 'UTF8') as body
from audit_leaf l join audit_entry e on e.id = l.entry_id and e.recorded_at = l.recorded_at
order by l.index
"""

_OUTSIDE = """
select count(*), min(e.id::text) from audit_entry e, audit_integration i
where i.cluster = (select system_identifier::text from pg_control_system()) and e.xid < i.floor
    and not exists (select from audit_leaf l where l.entry_id = e.id and l.recorded_at = e.recorded_at)
"""


def strayed(connection: psycopg.Connection) -> Iterator[Finding]:
    """Yield the entries that a search would find as something else than they are, and those that have no place.

    `connection` is the auditor's, in a transaction of one snapshot.
    """
    size = 0
    with connection.cursor(name="columns", row_factory=dict_row, binary=True) as cursor:
        cursor.itersize = 2_000
        for row in cursor.execute(_ENTRIES):
            size = row["index"] + 1
            wrong = [name for name, told in _told(row["body"]).items() if row[name] != told]
            if wrong:
                yield Finding(row["index"], size, "columns", f"it is searched by another {', '.join(wrong)}")
    count, one = connection.execute(_OUTSIDE).fetchone() or (0, None)
    if count:
        text = f"{count} entries have no place in the tree, and the sealer is past them; one is {one}"
        yield Finding(size, size + 1, "outside", text)


def _told(body: bytes) -> Mapping[str, Any]:
    """Return what the columns should hold; nothing for a body that is not one, which its leaf tells."""
    try:
        entry = orjson.loads(body)
        actor, subjects = entry["actor"], entry["facts"].get("subjects") or []
        return {
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
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return {}
