"""Appending to the book: one statement, in the transaction of the effect or durable by itself."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import Error, connection

from audit.actors import Actor
from audit.bodies import CheckedFacts, Outcome, compose, time_ordered_id
from audit.context import request_id
from audit.errors import AuditUnavailable
from audit.events import EventKind

APPEND_SQL = (
    "select public.audit_append(%s::uuid, %s::uuid, %s::text, %s::text, %s::text, %s::uuid, "
    "%s::uuid, %s::text, %s::int, %s::text[], %s::text)"
)
"""Takes the environment id, then the members of an `EntryRow` in their order."""

APPEND_SQL_NUMBERED = "select public.audit_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
"""The same for a statement prepared through libpq; `EntryRow.binary` gives its parameters."""

APPEND_PARAMETER_TYPES = (2950, 2950, 25, 25, 25, 2950, 2950, 25, 23, 1009, 25)
"""Type OIDs of `APPEND_SQL_NUMBERED`: 2950 is uuid, 25 text, 23 int4, 1009 text[]."""

INDEXED_SUBJECTS = 32
"""Entries about more people than this are not indexed by each of them: indexing 500 handles costs more than reading and
opening their values. A search for a person scans those entries' bodies instead."""


class EntryRow(NamedTuple):
    """One entry, ready to be sent; the body holds every fact, the rest are copies to search by."""

    id: UUID
    kind: str
    outcome: Outcome
    actor_kind: str
    actor_id: UUID | None
    decision_id: UUID | None
    request_id: str | None
    subject_count: int
    subjects: list[str] | None
    """None where there are none or more than `INDEXED_SUBJECTS`."""
    body: str

    def binary(self, environment_id: UUID) -> list[bytes | None]:
        """Return the parameters of `APPEND_SQL_NUMBERED` in PostgreSQL's binary format, the environment first."""
        return [
            environment_id.bytes,
            self.id.bytes,
            self.kind.encode(),
            self.outcome.encode(),
            self.actor_kind.encode(),
            self.actor_id.bytes if self.actor_id else None,
            self.decision_id.bytes if self.decision_id else None,
            self.request_id.encode() if self.request_id is not None else None,
            self.subject_count.to_bytes(4, "big"),
            _text_array(self.subjects) if self.subjects else None,
            self.body.encode(),
        ]


def append(
    event: EventKind,
    *,
    environment_id: UUID,
    actor: Actor,
    facts: Mapping[str, Any],
    outcome: Outcome = "done",
    decision_id: UUID | None = None,
    at: datetime | None = None,
) -> UUID:
    """Append one entry and return its id.

    Inside a transaction the entry commits with it; outside one it is durable when this returns. Raises
    `AuditUnavailable` if the database does not take it (nothing may leave then), `FactRefused` if it must not be
    written at all. A transaction that is in another environment is a refusal of the database, too.
    """
    row = prepare_body(
        event,
        environment_id=environment_id,
        actor=actor,
        facts=facts,
        outcome=outcome,
        decision_id=decision_id,
        at=at,
    )
    begun = monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute(APPEND_SQL, [environment_id, *row])
    except Error as error:
        raise AuditUnavailable from error
    must_be_in_time(begun)
    return row.id


def must_be_in_time(begun: float) -> None:
    """Raise `AuditUnavailable` where appending took too long (`begun`: seconds of the monotonic clock).

    A book that hardly answers is a book that is about to fail; what waits for it would hold every thread meanwhile.
    """
    longest: int = settings.AUDIT_SLOWEST_MILLISECONDS
    if longest and (monotonic() - begun) * 1000 > longest:
        raise AuditUnavailable


def prepare_body(
    event: EventKind,
    *,
    environment_id: UUID,
    actor: Actor,
    facts: Mapping[str, Any],
    outcome: Outcome = "done",
    decision_id: UUID | None = None,
    at: datetime | None = None,
    alike: CheckedFacts | None = None,
) -> EntryRow:
    """Return the entry without sending it, for callers with a prepared statement of their own.

    `at` is the time in the body, now by default; `alike` are further facts, which `bodies.checked` has looked at.
    The subjects are always among `facts`. Raises `FactRefused` like `append`.
    """
    moment = at or datetime.now(UTC)
    entry_id = time_ordered_id(moment)
    request = request_id.get()
    body = compose(
        event,
        entry_id=entry_id,
        at=moment,
        environment_id=environment_id,
        actor=actor,
        facts=facts,
        outcome=outcome,
        decision_id=decision_id,
        request_id=request,
        alike=alike,
    )
    subjects = facts.get("subjects") or ()
    indexed = [*subjects] if 0 < len(subjects) <= INDEXED_SUBJECTS else None
    return EntryRow(
        entry_id,
        event.name,
        outcome,
        actor.kind,
        actor.id,
        decision_id,
        request,
        len(subjects),
        indexed,
        body,
    )


def _text_array(texts: list[str]) -> bytes:
    """Encode a one-dimensional text[] in PostgreSQL's binary format (array_recv in arrayfuncs.c)."""
    encoded = [text.encode() for text in texts]
    return struct.pack(">iiiii", 1, 0, 25, len(encoded), 1) + b"".join(
        len(text).to_bytes(4, "big") + text for text in encoded
    )
