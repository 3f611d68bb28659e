"""How often a factor may be tried, and what the book has of it."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from audit.actors import Actor
from audit.events import EventKind
from audit.recorder import append
from governance import counting, events
from governance.errors import Throttled
from governance.identities import OPERATOR
from keyring.walls import SYSTEM_ENVIRONMENT

TRIES = 5
WINDOW_MINUTES = 15
"""So many wrong codes or passwords within so long; then even the right one is refused."""


def count_try(account_id: UUID, *, kind: str) -> None:
    """Count before looking, so that tries at the same time do not share one.

    Raises:
        Throttled: there were too many.
        LimitUnknown: nobody can say how many there were.
    """
    minute = int(timezone.now().timestamp()) // 60
    name, seconds = _tries_of(account_id), WINDOW_MINUTES * 60
    if not counting.spend(*name, bucket=minute, buckets=WINDOW_MINUTES, allowance=TRIES, seconds=seconds):
        record_refused_try(account_id, kind=kind, throttled=True)
        raise Throttled("Too many tries.", remedy=f"Try again in {WINDOW_MINUTES} minutes.")


def forget_tries(account_id: UUID) -> None:
    """Begin to count anew, after a success."""
    counting.forget(*_tries_of(account_id))


def record_factor(event: EventKind, account_id: UUID, *, kind: str) -> None:
    """Put into the book what an operator did with a factor of their own."""
    facts = {"account": account_id, "factor": kind}
    append(event, environment_id=SYSTEM_ENVIRONMENT, actor=Actor(OPERATOR, account_id), facts=facts)


def record_refused_try(account_id: UUID, *, kind: str, throttled: bool = False) -> None:
    """Put into the book that a try proved nothing. Called outside any transaction that the refusal rolls back."""
    append(
        events.SECOND_FACTOR_REFUSED,
        environment_id=SYSTEM_ENVIRONMENT,
        actor=Actor(OPERATOR, account_id),
        facts={"account": account_id, "factor": kind, "throttled": throttled},
        outcome="refused",
    )


def _tries_of(account_id: UUID) -> tuple[object, ...]:
    return ("second factor", account_id)
