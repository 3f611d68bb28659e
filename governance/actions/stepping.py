"""The frame of every step of temporary access: judged by the table, in one transaction, recorded, refusals too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import models
from django.db.models import F

from audit.events import EventKind
from audit.integrity.state import APART, clock_ahead, contradiction
from audit.recorder import append
from governance import events
from governance.actions.change import environment_resource, raise_epoch
from governance.actions.notices import leave_notices
from governance.authorization import must_not_be_stopped
from governance.breakglass.facts import Facts
from governance.breakglass.machines import Refusal, Step, take
from governance.errors import Conflict, Refused, Unavailable
from governance.identities import Caller
from governance.models import AccessRequest, Environment, Grant, Review
from governance.rights import latest_moment, rights_that_allow
from governance.standing import Standing, fresh_standing_of
from governance.using import note_use
from keyring.walls import in_environment

Row = AccessRequest | Grant | Review
SKEW = timedelta(seconds=60)
"""As far as the clocks of servers may be apart."""


def must_tell_time(clock: datetime, *, latest: datetime) -> None:
    """Return where a clock is not behind the latest moment that was seen, as far as clocks of servers may be apart.

    Raises:
        Unavailable: it has been put back.
    """
    if latest - clock > SKEW:
        raise Unavailable("The clock is behind what has been seen before.", remedy="Set the server's clock right.")


_OF_REQUESTS_ALONE = frozenset(
    {
        events.ACCESS_REQUESTED,
        events.REQUEST_DENIED,
        events.REQUEST_ASKED_BACK,
        events.REQUEST_ANSWERED,
        events.REQUEST_CANCELLED,
        events.REQUEST_LAPSED,
        events.DELEGATION_OFFERED,
        events.DELEGATION_ACCEPTED,
    }
)
"""Steps that open and close nothing."""


@dataclass(slots=True)
class Stepping:
    """A step under way: who takes it, at which moment, and what its record will say."""

    caller: Caller
    event: EventKind
    standing: Standing
    now: datetime
    """The latest moment that anybody has seen, which is never before the clock."""
    clock: datetime
    decision_id: UUID = field(default_factory=uuid4)
    facts: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[str, UUID, UUID]] = field(default_factory=list)
    happened: list[tuple[str, UUID]] = field(default_factory=list)

    def judge(self, machine: str, verb: str, state: str, facts: Facts) -> Step:
        """Return the step that facts allow.

        Raises:
            Refused: a guard does not hold, or there is no such step; says what to do about it.
        """
        step = take(machine, verb, state, facts)
        if isinstance(step, Refusal):
            raise self._refused(machine, step)
        return step

    def move(self, row: Row, step: Step, **changes: Any) -> None:
        """Move a row as a step says, unless somebody else has moved it meanwhile.

        Raises:
            Conflict: it is no longer as it was when this step was judged.
        """
        # As a query: a sealed text needs its row, so texts are saved by the row itself, before.
        moved = type(row)._default_manager.filter(pk=row.pk, state=row.state, version=row.version)
        if not moved.update(state=step.target, version=F("version") + 1, **changes):
            raise Conflict("Somebody else was quicker.", remedy="Look at it again.")
        row.state, row.version = step.target, row.version + 1
        for name, value in changes.items():
            setattr(row, name, value)

    def must_be_sure(self) -> None:
        """Refuse to begin an access by a clock that cannot be right, or while a witness knows another book.

        Raises:
            Unavailable: the clock has been put back, or is not the database's.
            Refused: the book is in doubt; what happens now might not be found in it.
        """
        must_tell_time(self.clock, latest=self.now)
        if abs(clock_ahead()) > APART:
            told = "The clock of this server and the database's are apart."
            raise Unavailable(told, remedy="Set both right; access begins when they are within two seconds.")
        if doubt := contradiction():
            raise Refused("No access begins while the audit log is in doubt.", reasons=(doubt,), decision_id=uuid4())

    def tell(self, kind: str, accounts: Iterable[UUID], about: UUID) -> None:
        """Leave a notice for every one of some people but whoever takes the step, and tell webhooks."""
        self.happened.append((kind, about))
        self.told += [(kind, account, about) for account in set(accounts) - {self.caller.account_id}]

    def _refused(self, machine: str, refusal: Refusal) -> Refused:
        failed = refusal.failed[0] if refusal.failed else None
        return Refused(
            failed.says if failed else f"What is {refusal.state} cannot be changed like this.",
            decision_id=self.decision_id,
            reasons=refusal.reasons,
            remedy=failed.remedy if failed and failed.remedy else f"Look at the {machine} again.",
        )


@contextmanager
def stepping(caller: Caller, event: EventKind, *, now: datetime) -> Iterator[Stepping]:
    """Run a step in the caller's environment: effect, notices, record and new epoch commit together.

    Raises:
        Refused: by the table, or the caller is stopped; the refusal is on record.
    """
    with _refusal_on_record(event, caller) as said, in_environment(caller.environment_id):
        # One step at a time, and no right changes under it: whoever changes one raises the epoch, which waits for this.
        Environment.objects.select_for_update().get(pk=caller.environment_id)
        standing = fresh_standing_of(caller.environment_id)
        must_not_be_stopped(caller, environment_resource(caller.environment_id), standing=standing, now=now)
        step = Stepping(caller, event, standing, latest_moment(standing, now), now, facts=said)
        yield step
        _note_uses(step)
        leave_notices(
            step.told,
            happened=step.happened,
            environment_id=caller.environment_id,
            now=step.now,
            due_at=step.clock,  # a clock that once jumped ahead keeps nothing from leaving
        )
        if _must_be_known(event, step):
            raise_epoch(caller.environment_id, now=step.now)
        append(
            event,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts=step.facts,
            decision_id=step.decision_id,
        )


def _must_be_known(event: EventKind, step: Stepping) -> bool:
    """Whether every process has to decide anew: not for what opens nothing, or asking would keep them all busy.

    The latest moment seen is told on as well, to what clocks may differ by.
    """
    latest = step.standing.latest_at
    return event not in _OF_REQUESTS_ALONE or latest is None or step.now - latest >= SKEW


_TAKES = {
    "access_request.submitted": "request", "access_request.declared": "request", "access_request.answered": "request",
    "access_request.cancelled": "request", "access_request.approved": "approve", "access_request.denied": "approve",
    "access_request.asked_back": "approve", "access_grant.activated": "request",
    "access_grant.suspended": "configure", "access_grant.resumed": "configure", "access_grant.revoked": "configure",
    "access_review.claimed": "audit", "access_review.referred": "audit", "access_review.concluded": "audit",
}  # fmt: skip
"""Event of a step -> the operation that whoever takes it holds a right to."""


def _note_uses(step: Stepping) -> None:
    """Count the rights under which a step is taken as used: on whatever they are, since guards do not say which."""
    operation = _TAKES.get(step.event.name)
    if operation is not None:
        used = rights_that_allow(standing=step.standing, caller=step.caller, operation=operation, now=step.now)
        note_use(step.caller.environment_id, used, now=step.now)


@contextmanager
def _refusal_on_record(event: EventKind, caller: Caller) -> Iterator[dict[str, Any]]:
    """Put a refusal on record outside the transaction that it rolls back, with what was known of the step by then."""
    said: dict[str, Any] = {}
    try:
        yield said
    except (Refused, Conflict) as error:
        refused = error if isinstance(error, Refused) else None
        append(
            event,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts=said | {"reasons": list(refused.reasons) if refused else ["Conflict"]},
            outcome="refused" if refused else "failed",
            decision_id=refused.decision_id if refused else None,
        )
        raise


def save_text(row: models.Model, name: str, text: str) -> None:
    """Seal a text for its row; nothing is saved where there is none."""
    if text:
        setattr(row, name, text)
        row.save(update_fields=[name])
