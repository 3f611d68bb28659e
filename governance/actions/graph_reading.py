"""Reading the graph and asking it questions, under the right `read`; every answer is on record before it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from governance import events
from governance.actions.change import environment_resource, refusal_on_record
from governance.actions.clearing import cleared
from governance.actions.graph import named
from governance.authorization import Ask, Clearance, at_current_epoch, authorize
from governance.errors import NotFound
from governance.graph.checking import Found, attributes_between, check_attribute, reachable_objects
from governance.identities import Caller
from governance.models import EdgeAttribute, GraphObject
from governance.standing import Standing, standing_of
from keyring.walls import in_environment

A = TypeVar("A")


@dataclass(slots=True)
class Reading:
    """A read under way: the reader says how much was returned."""

    decision_id: UUID
    returned: int = 1


@contextmanager
def reading_graph(caller: Caller, *, what: str, now: datetime | None = None) -> Iterator[Reading]:
    """Run a read of objects or edges inside the caller's environment and record it.

    Raises:
        Refused: the caller may not read in this environment; the refusal is on record.
    """
    with cleared(caller, "read", events.GRAPH_READ, now=now or timezone.now()) as clearance:
        reading = Reading(clearance.decision_id)
        yield reading
        append(
            events.GRAPH_READ,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"what": what, "returned": reading.returned},
            decision_id=clearance.decision_id,
        )


def object_named(public_id: UUID) -> GraphObject:
    """Return an object; `NotFound` where there is none. Must run inside the environment."""
    found = GraphObject.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such object.", field="id")
    return found


def check(
    caller: Caller, *, source: UUID, target: UUID, attribute: str, now: datetime | None = None
) -> tuple[Found, UUID]:
    """Decide whether an object has an attribute on another; also gives the decision's id.

    Raises:
        Refused: the caller may not read in this environment; the refusal is on record.
        TooManyCandidates: the question looks at more of the graph than one question may.
    """
    environment_id = caller.environment_id

    def ask() -> tuple[int, Found]:
        found = check_attribute(environment_id, source=source, target=target, attribute=attribute)
        return found.epoch, found

    def told(found: Found) -> dict[str, Any]:
        steps = {"steps": len(found.path) - 1} if found.path else {}
        return {"target": named(environment_id, target), "allowed": found.has_attribute, **steps}

    return _answered(caller, "check", source, attribute, ask, told, now or timezone.now())


def list_attributes(
    caller: Caller, *, source: UUID, target: UUID, now: datetime | None = None
) -> tuple[list[str], UUID]:
    """Name every attribute that an object has on another; also gives the decision's id. Raises like `check`."""
    environment_id = caller.environment_id

    def ask() -> tuple[int, list[str]]:
        return attributes_between(environment_id, source=source, target=target)

    def told(found: list[str]) -> dict[str, Any]:
        return {"target": named(environment_id, target), "returned": len(found)}

    return _answered(caller, "attributes", source, None, ask, told, now or timezone.now())


def list_reachable(
    caller: Caller, *, source: UUID, attribute: str, object_type: UUID, now: datetime | None = None
) -> tuple[list[UUID], UUID]:
    """Give all objects of a type on which an object has an attribute, and the decision's id. Raises like `check`."""
    environment_id = caller.environment_id

    def ask() -> tuple[int, list[UUID]]:
        return reachable_objects(environment_id, source=source, attribute=attribute, object_type=object_type)

    def told(found: list[UUID]) -> dict[str, Any]:
        return {"target_type": object_type, "returned": len(found)}

    return _answered(caller, "reachable", source, attribute, ask, told, now or timezone.now())


def _answered(
    caller: Caller,
    question: str,
    source: UUID,
    attribute: str | None,
    ask: Callable[[], tuple[int, A]],
    told: Callable[[A], dict[str, Any]],
    now: datetime,
) -> tuple[A, UUID]:
    with refusal_on_record(events.GRAPH_CHECKED, caller):
        clearance, found = _decided(caller, ask, now)
    facts = {"question": question, "source": named(caller.environment_id, source), **told(found)}
    if attribute is not None and attribute in _known_attributes(clearance.standing):
        facts["attribute"] = attribute  # any other text is the caller's, and none of the book's business
    append(
        events.GRAPH_CHECKED,
        environment_id=caller.environment_id,
        actor=caller.actor,
        facts=facts,
        decision_id=clearance.decision_id,
    )
    return found, clearance.decision_id


@at_current_epoch
def _decided(caller: Caller, ask: Callable[[], tuple[int, A]], now: datetime) -> tuple[Clearance, A]:
    """Authorize from memory; the epoch that comes with the answer tells whether that was still right."""
    standing = standing_of(caller.environment_id)
    resource = environment_resource(standing.environment_id, standing.environment_name)
    clearance = authorize(caller, Ask("read", resource), standing=standing, now=now)
    epoch, found = ask()
    clearance.expect_epoch(epoch)
    return clearance, found


def _known_attributes(standing: Standing) -> frozenset[str]:
    def load() -> frozenset[str]:
        with in_environment(standing.environment_id):
            return frozenset(EdgeAttribute.objects.values_list("name", flat=True))

    return standing.part("graph attributes", load)
