"""The frame of every configuration change: cleared, in one transaction, epoch raised, recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from audit.events import EventKind
from audit.recorder import append
from governance.authorization import Ask, Clearance, authorize, refusal
from governance.drafts.modes import SecondPerson, action_under_way, is_trying, second_person
from governance.errors import Conflict, Refused
from governance.identities import SYSTEM, Caller
from governance.models import Environment
from governance.rights import Resource
from governance.standing import fresh_standing_of
from keyring.walls import in_environment


@dataclass(slots=True)
class Change:
    """A change under way: what it may rest on, and what its record will say: which event it was, with which facts.

    A change of several things at once has an entry for each; `beside` are other events that come with it.
    """

    clearance: Clearance
    now: datetime
    event: EventKind
    entries: list[dict[str, Any]] = field(default_factory=lambda: [{}])
    beside: list[tuple[EventKind, dict[str, Any]]] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, Any]:
        """The facts of the one entry."""
        (facts,) = self.entries
        return facts

    @property
    def environment_id(self) -> UUID:
        return self.clearance.environment_id


@contextmanager
def configuration_change(caller: Caller, event: EventKind, *, now: datetime | None = None) -> Iterator[Change]:
    """Run a configuration write in the caller's environment: effect, new epoch and record commit together.

    Raises:
        Refused: the caller may not configure, or the environment is protected; the refusal is on record.
    """
    now = now or timezone.now()
    with _recorded_change(Change(unprotected_clearance(caller, event, now=now), now, event)) as change:
        yield change


@contextmanager
def containment(caller: Caller, event: EventKind, *, now: datetime | None = None) -> Iterator[Change]:
    """Run a write that stops access or lets it go on: a configuration change that waits for no second person.

    Raises:
        Refused: the caller may not configure; the refusal is on record.
    """
    now = now or timezone.now()
    with _recorded_change(Change(clearance_for(caller, "configure", event, now=now), now, event)) as change:
        yield change


@contextmanager
def _recorded_change(change: Change) -> Iterator[Change]:
    caller = change.clearance.caller
    person = second_person()
    with in_environment(caller.environment_id):
        yield change
        raise_epoch(caller.environment_id)
        for event, facts in [*((change.event, facts) for facts in change.entries), *change.beside]:
            append(
                event,
                environment_id=caller.environment_id,
                actor=caller.actor,
                facts=facts if person is None else facts | {"reasons": _approval(person)},
                decision_id=change.clearance.decision_id if person is None else person.decision_id,
            )


def _approval(person: SecondPerson) -> list[str]:
    """Say beside what was done who approved it, under the decision that both entries share."""
    return [f"change: {person.change_id}", f"approved: by {person.approver}"]


def raise_epoch(environment_id: UUID, *, now: datetime | None = None) -> None:
    """Make every process decide anew from the next statement on; `now`: and remember the latest moment seen."""
    raised: dict[str, Any] = {"epoch": F("epoch") + 1}
    if now is not None:
        raised["latest_at"] = Greatest("latest_at", now)
    Environment.objects.filter(pk=environment_id).update(**raised)


def environment_resource(environment_id: UUID, name: str = "") -> Resource:
    """The environment itself as what a call is about."""
    return Resource("environment", environment_id, environment_id, name)


def clearance_for(caller: Caller, operation: str, event: EventKind, *, now: datetime) -> Clearance:
    """Clear an operation on the caller's whole environment as of its current epoch.

    Raises:
        Refused: the caller may not do this; the refusal is on record under the event that did not happen.
    """
    standing = fresh_standing_of(caller.environment_id)
    ask = Ask(operation, environment_resource(standing.environment_id, standing.environment_name))
    with refusal_on_record(event, caller):
        return authorize(caller, ask, standing=standing, now=now)


@contextmanager
def refusal_on_record(event: EventKind, caller: Caller) -> Iterator[None]:
    """Put a refusal of what is inside on record, and a conflict, which tells that something is there.

    It goes around the transaction, whose rollback would take the record away.
    """
    try:
        yield
    except Refused as refused:
        record_refusal(event, caller, refused)
        raise
    except Conflict:
        append(
            event,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"reasons": ["Conflict"]},
            outcome="failed",
        )
        raise


def record_refusal(event: EventKind, caller: Caller, refused: Refused) -> None:
    """Put a refusal on record, where no rollback of the refused call can take it away."""
    append(
        event,
        environment_id=caller.environment_id,
        actor=caller.actor,
        facts={"reasons": list(refused.reasons)},
        outcome="refused",
        decision_id=refused.decision_id,
    )


def unprotected_clearance(caller: Caller, event: EventKind, *, now: datetime) -> Clearance:
    """Clear a configuration of the caller's environment that takes no second person, or has one.

    Raises:
        Refused: the caller may not configure, or the environment is protected; the refusal is on record.
    """
    clearance = clearance_for(caller, "configure", event, now=now)
    if clearance.standing.is_protected and caller.kind != SYSTEM and not (is_trying() or second_person()):
        with refusal_on_record(event, caller):
            raise refusal(PROTECTED, remedy=_how_to_draft(action_under_way()))
    return clearance


PROTECTED = "environment: protected, configuration changes need a second person"


def _how_to_draft(action: str) -> str:
    """Say what whoever was refused can do instead."""
    if not action:
        return "This cannot wait for a second person; in a protected environment it is done by management commands."
    return f"Propose it to a second person: POST /governance/changes with the action {action}."
