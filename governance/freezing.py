"""What a freeze would stop: told from the calls of the last hour, before anybody presses the button."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audit.actors import Actor
from audit.calls import CallCount, count_calls
from governance.catalogue import FREEZABLE_KINDS, names_of
from governance.errors import Invalid
from governance.queries import names_of_actors
from keyring.walls import in_environment

LOOKED_BACK = timedelta(hours=1)

STOPPABLE = frozenset(
    {
        "accessor.executed",
        "mutator.executed",
        "subject.created",
        "token.created",
        "token.resolved",
        "token.inspected",
        "token.looked_up",
        "token.deleted",
    }
)
"""Events of calls that a freeze stops, by name: floors above record them. Consent, erasure and the book go on."""


@dataclass(frozen=True, slots=True)
class StoppedCall:
    """Calls of one kind by one caller that went through and would not have."""

    kind: str
    called: str
    """Name of the accessor or mutator, empty for calls that name none."""
    actor: Actor
    caller: str
    """Name of the client or operator."""
    calls: int
    last_at: datetime


def calls_that_would_stop(*, environment_id: UUID, kind: str, target_id: UUID, now: datetime) -> list[StoppedCall]:
    """Return the calls of the last hour that a freeze of this target would have stopped, most frequent first.

    Raises:
        Invalid: that kind cannot be frozen.
        AuditorNotConfigured: the book cannot be read here.
    """
    if kind not in FREEZABLE_KINDS:
        raise Invalid(f"A {kind} cannot be frozen.", field="kind", remedy=f"Known: {', '.join(FREEZABLE_KINDS)}.")
    with in_environment(environment_id):
        name = names_of(kind).get(target_id, "")
    counted = _COUNTERS[kind](environment_id, target_id, name, now - LOOKED_BACK)
    with in_environment(environment_id):
        names = names_of_actors(found.actor for found in counted)
    return [
        StoppedCall(
            kind=found.kind,
            called=found.name or "",
            actor=found.actor,
            caller=_named(found.actor, names),
            calls=found.calls,
            last_at=found.last_at,
        )
        for found in counted
    ]


def _named(actor: Actor, names: Mapping[UUID, str]) -> str:
    return actor.kind if actor.id is None else names.get(actor.id, str(actor.id))


_Counter = Callable[[UUID, UUID, str, datetime], list[CallCount]]


def _everything(environment_id: UUID, target_id: UUID, name: str, since: datetime) -> list[CallCount]:  # noqa: ARG001  one signature for all counters
    return count_calls(environment_id=environment_id, kinds=STOPPABLE, since=since)


def _of_client(environment_id: UUID, target_id: UUID, name: str, since: datetime) -> list[CallCount]:  # noqa: ARG001  one signature for all counters
    return count_calls(environment_id=environment_id, kinds=STOPPABLE, since=since, actor_id=target_id)


def _with_id(fact: str) -> _Counter:
    def count(environment_id: UUID, target_id: UUID, name: str, since: datetime) -> list[CallCount]:  # noqa: ARG001  one signature for all counters
        target = str(target_id)
        return count_calls(environment_id=environment_id, kinds=STOPPABLE, since=since, fact=target, named=[fact])

    return count


def _with_name(*facts: str) -> _Counter:
    def count(environment_id: UUID, target_id: UUID, name: str, since: datetime) -> list[CallCount]:  # noqa: ARG001  one signature for all counters
        return count_calls(environment_id=environment_id, kinds=STOPPABLE, since=since, fact=name, named=facts)

    return count


_COUNTERS: dict[str, _Counter] = {
    "environment": _everything,
    "client": _of_client,
    "accessor": _with_id("accessor"),
    "mutator": _with_id("mutator"),
    "purpose": _with_name("purposes"),
    "column": _with_name("columns", "looked_at"),
}
