"""Clearing a call that is about subjects or tokens rather than one accessor or mutator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from audit.events import EventKind
from governance.actions.change import environment_resource, record_refusal
from governance.authorization import Ask, Clearance, authorize
from governance.errors import Refused
from governance.identities import Caller
from governance.standing import fresh_standing_of
from keyring.walls import in_environment


@contextmanager
def cleared(caller: Caller, operation: str, event: EventKind, *, now: datetime) -> Iterator[Clearance]:
    """Run a block with a clearance for an operation on the environment, inside its transaction.

    Raises:
        Refused: the caller has no such right; the refusal is on record, under the event that did not happen.
    """
    clearance = clearance_for(caller, operation, event, now=now)
    with in_environment(caller.environment_id):
        yield clearance


def clearance_for(caller: Caller, operation: str, event: EventKind, *, now: datetime) -> Clearance:
    """Clear an operation on the caller's environment as of its current epoch, or put the refusal on record."""
    standing = fresh_standing_of(caller.environment_id)
    ask = Ask(operation, environment_resource(caller.environment_id, standing.environment_name))
    try:
        return authorize(caller, ask, standing=standing, now=now)
    except Refused as refused:
        record_refusal(event, caller, refused)
        raise
