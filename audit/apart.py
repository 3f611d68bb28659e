"""Appending apart from the transaction that is open: for what has happened outside, whatever becomes of the call."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import copy_context
from threading import Thread
from typing import Any
from uuid import UUID

from django.db import connection

from audit.actors import Actor
from audit.bodies import Outcome
from audit.events import EventKind
from audit.recorder import append


def append_apart(
    event: EventKind, *, environment_id: UUID, actor: Actor, facts: Mapping[str, Any], outcome: Outcome = "done"
) -> None:
    """Append one entry that no rollback of this thread's transaction takes away; raises like `append`.

    Inside a transaction it goes over a connection of its own, that of a thread which lives for this one entry.
    """

    def appended() -> None:
        append(event, environment_id=environment_id, actor=actor, facts=facts, outcome=outcome)

    if not connection.in_atomic_block:
        appended()
        return
    failures: list[Exception] = []
    around = copy_context()

    def apart() -> None:
        try:
            around.run(appended)
        except Exception as problem:
            failures.append(problem)
        finally:
            connection.close()

    thread = Thread(target=apart, name="append-apart")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
