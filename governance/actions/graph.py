"""Objects and edges: what applications write into the graph while they run, under the right `write`.

Everything is on record; an object may be a person, so the book knows it by a keyed fingerprint of its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from audit.events import EventKind
from audit.recorder import append
from governance import events
from governance.actions.clearing import cleared
from governance.actions.organizations import owner_named
from governance.authorization import Clearance
from governance.errors import Conflict, Invalid, NotFound
from governance.graph.aliases import blind, blinds_to_look_for, checked_alias, index_to_write_with
from governance.identities import Caller
from governance.models import EdgeType, GraphEdge, GraphObject, ObjectType, Organization
from keyring.fingerprints import fingerprint


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and the decision that allowed it."""

    public_id: UUID
    decision_id: UUID


def create_object(
    caller: Caller,
    *,
    type_id: UUID,
    alias: str = "",
    organization_id: UUID | None = None,
    public_id: UUID | None = None,
    now: datetime | None = None,
) -> Written:
    """Create an object; the very same one again is left as it is.

    Raises:
        Invalid: unknown type or organization, an alias that is too long.
        Conflict: the id is taken, or the alias within type and organization; identical in the second case.
    """
    called = checked_alias(alias)
    with cleared(caller, "write", events.OBJECT_CREATED, now=now or timezone.now()) as clearance:
        object_type, owner = _type(ObjectType, type_id, "type_id"), owner_named(organization_id)
        stored = GraphObject.objects.filter(public_id=public_id).first() if public_id else None
        if stored is not None:
            _must_be(stored, object_type, owner, called)
        else:
            created = _new_object(caller.environment_id, public_id or uuid4(), object_type, owner, called)
        made = stored or created
        _record(
            events.OBJECT_CREATED,
            clearance,
            object=named(caller.environment_id, made.public_id),
            object_type=type_id,
            **({"repeated": True} if stored else {}),
        )
    return Written(made.public_id, clearance.decision_id)


def delete_object(caller: Caller, *, public_id: UUID, now: datetime | None = None) -> UUID:
    """Delete an object and its edges; returns the decision's id."""
    with cleared(caller, "write", events.OBJECT_DELETED, now=now or timezone.now()) as clearance:
        stored = _object(public_id)
        edges, object_type = edges_of(stored).count(), stored.type.public_id
        stored.delete()
        _record(
            events.OBJECT_DELETED,
            clearance,
            object=named(caller.environment_id, public_id),
            object_type=object_type,
            edges=edges,
        )
    return clearance.decision_id


def create_edge(
    caller: Caller,
    *,
    edge_type_id: UUID,
    source_id: UUID,
    target_id: UUID,
    public_id: UUID | None = None,
    now: datetime | None = None,
) -> Written:
    """Create an edge between objects of the types that its own type names; the very same one again is left as it is.

    Raises:
        Invalid: unknown type or object, or objects of other types.
        Conflict: the id is taken, or there is such an edge; identical in the second case.
    """
    with cleared(caller, "write", events.EDGE_CREATED, now=now or timezone.now()) as clearance:
        edge_type = _type(EdgeType, edge_type_id, "edge_type_id")
        source = _end(source_id, edge_type.source_type_id, "source_object_id")
        target = _end(target_id, edge_type.target_type_id, "target_object_id")
        asked = {"edge_type": edge_type, "source": source, "target": target}
        stored = GraphEdge.objects.filter(public_id=public_id).first() if public_id else None
        if stored is not None and not GraphEdge.objects.filter(pk=stored.pk, **asked).exists():
            raise Conflict("There is another edge with this id.", existing_id=stored.public_id, field="id")
        made = stored or _new_edge(caller.environment_id, public_id or uuid4(), asked)
        _record(
            events.EDGE_CREATED,
            clearance,
            **_ends_told(caller.environment_id, made.public_id, edge_type_id, source_id, target_id),
            **({"repeated": True} if stored else {}),
        )
    return Written(made.public_id, clearance.decision_id)


def delete_edge(caller: Caller, *, public_id: UUID, now: datetime | None = None) -> UUID:
    """Delete an edge; returns the decision's id."""
    with cleared(caller, "write", events.EDGE_DELETED, now=now or timezone.now()) as clearance:
        rows = GraphEdge.objects.select_for_update(of=("self",)).select_related("edge_type", "source", "target")
        stored = rows.filter(public_id=public_id).first()
        if stored is None:
            raise NotFound("There is no such edge.", field="id")
        ends = stored.edge_type.public_id, stored.source.public_id, stored.target.public_id
        stored.delete()
        _record(events.EDGE_DELETED, clearance, **_ends_told(caller.environment_id, public_id, *ends))
    return clearance.decision_id


def delete_edges_of(caller: Caller, *, object_id: UUID, now: datetime | None = None) -> UUID:
    """Delete every edge that leads from or to an object; returns the decision's id."""
    with cleared(caller, "write", events.EDGES_DELETED, now=now or timezone.now()) as clearance:
        edges, _ = edges_of(_object(object_id)).delete()
        _record(events.EDGES_DELETED, clearance, object=named(caller.environment_id, object_id), edges=edges)
    return clearance.decision_id


def edges_of(stored: GraphObject) -> Any:
    """The edges from and to an object; evaluated inside the environment."""
    return GraphEdge.objects.filter(Q(source=stored) | Q(target=stored))


def named(environment_id: UUID, public_id: UUID) -> str:
    """How the book names an object or edge."""
    return fingerprint(environment_id, "graph", public_id.bytes)


def _record(event: EventKind, clearance: Clearance, **facts: Any) -> None:
    append(
        event,
        environment_id=clearance.environment_id,
        actor=clearance.caller.actor,
        facts=facts,
        decision_id=clearance.decision_id,
    )


def _ends_told(environment_id: UUID, edge: UUID, edge_type: UUID, source: UUID, target: UUID) -> dict[str, Any]:
    return {
        "edge": named(environment_id, edge),
        "edge_type": edge_type,
        "source": named(environment_id, source),
        "target": named(environment_id, target),
    }


def _new_object(
    environment_id: UUID,
    public_id: UUID,
    object_type: ObjectType,
    owner: Organization | None,
    alias: str | None,
) -> GraphObject:
    made = GraphObject(environment_id=environment_id, public_id=public_id, type=object_type, organization=owner)
    if alias is not None:
        index = index_to_write_with(environment_id)
        # Two writers may blind with two versions while the key rotates: then the type's row lets one at a time look.
        ObjectType.objects.select_for_update(no_key=True).get(pk=object_type.pk)
        found = GraphObject.objects.filter(
            alias_blind__in=blinds_to_look_for(environment_id, alias), type=object_type, organization=owner
        ).first()
        if found is not None:
            raise _alias_taken(found.public_id)
        made.alias, made.alias_blind, made.alias_version = alias, blind(index, alias), index.version
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            connection.check_constraints()  # a type that is being retired is waited for, and missed here
    except IntegrityError:
        raise Conflict(
            "There is an object with this id, or its type is being retired.", existing_id=public_id, field="id"
        ) from None
    return made


def _new_edge(environment_id: UUID, public_id: UUID, asked: dict[str, Any]) -> GraphEdge:
    try:
        with transaction.atomic():
            made = GraphEdge.objects.create(environment_id=environment_id, public_id=public_id, **asked)
            connection.check_constraints()  # an object that is being deleted is waited for, and missed here
    except IntegrityError:
        found = GraphEdge.objects.filter(**asked).first()
        if found is None:
            raise Conflict(
                "There is an edge with this id, or one of the objects is being deleted.",
                existing_id=public_id,
                field="id",
            ) from None
        raise Conflict("There is such an edge.", existing_id=found.public_id, identical=True, field="id") from None
    return made


def _must_be(stored: GraphObject, object_type: ObjectType, owner: Organization | None, alias: str | None) -> None:
    """Pass where an object is what is asked for; who sends no alias for one that has one asks for another."""
    held = stored.alias
    is_same = (held.reveal() if held is not None else None) == alias
    if not is_same or stored.type_id != object_type.pk or stored.organization_id != (owner.pk if owner else None):
        raise Conflict("There is another object with this id.", existing_id=stored.public_id, field="id")


def _alias_taken(existing_id: UUID) -> Conflict:
    return Conflict(
        "There is an object of this type with this alias.", existing_id=existing_id, identical=True, field="alias"
    )


def _object(public_id: UUID) -> GraphObject:
    rows = GraphObject.objects.select_for_update(of=("self",)).select_related("type")
    stored = rows.filter(public_id=public_id).first()
    if stored is None:
        raise NotFound("There is no such object.", field="id")
    return stored


def _end(public_id: UUID, type_pk: int, field: str) -> GraphObject:
    """Return one end of a new edge."""
    found = GraphObject.objects.filter(public_id=public_id).first()
    if found is None:
        raise Invalid("There is no such object in this environment.", field=field)
    if found.type_id != type_pk:
        raise Invalid("This object is of another type than edges of this type lead between.", field=field)
    return found


def _type(model: Any, public_id: UUID, field: str) -> Any:
    found = model.objects.filter(public_id=public_id).first()
    if found is None:
        raise Invalid(f"There is no such {model._meta.verbose_name} in this environment.", field=field)
    return found
