"""Clearing a call that is about a whole environment rather than one thing in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from audit.events import EventKind
from governance.actions.change import clearance_for, refusal_on_record
from governance.authorization import Clearance
from governance.identities import Caller
from keyring.walls import in_environment


@contextmanager
def cleared(caller: Caller, operation: str, event: EventKind, *, now: datetime) -> Iterator[Clearance]:
    """Run a block with a clearance for an operation on the environment, inside its transaction.

    Raises:
        Refused: the caller has no such right, or the block refuses; the refusal is on record, under the event that did
            not happen.
    """
    clearance = clearance_for(caller, operation, event, now=now)
    with refusal_on_record(event, caller), in_environment(caller.environment_id):
        yield clearance
