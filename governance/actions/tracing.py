"""Asking which code read a column, which the book records, too."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from audit.recorder import append
from governance import events
from governance.actions.change import clearance_for
from governance.identities import Caller
from governance.tracing import ReadByCode, code_that_read
from keyring.walls import in_environment


def trace_code(caller: Caller, *, column_id: UUID, since: datetime, now: datetime) -> list[ReadByCode]:
    """Return which builds read a column since a moment, after recording that somebody asked.

    Raises:
        Refused: the caller may not read the book; on record.
        NotFound: there is no such column.
    """
    clearance = clearance_for(caller, "audit", events.CODE_TRACED, now=now)
    found = code_that_read(environment_id=caller.environment_id, column_id=column_id, since=since)
    with in_environment(caller.environment_id):
        append(
            events.CODE_TRACED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"column": column_id, "since": since, "returned": len(found)},
            decision_id=clearance.decision_id,
        )
    return found
