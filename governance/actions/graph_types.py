"""Defining, changing and retiring the types of objects and edges. Retiring takes everything of the type with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db.models import Q

from governance import events
from governance.actions.change import configuration_change
from governance.actions.names import checked_label
from governance.actions.organizations import owner_named
from governance.actions.publishing import refuse_taken_name
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import EdgeAttribute, EdgeType, GraphEdge, GraphObject, ObjectType
from governance.models.graph import FLOWS

T = TypeVar("T", ObjectType, EdgeType)
MOST_ATTRIBUTES = 64


@dataclass(frozen=True, slots=True)
class Carried:
    """An attribute that edges of a type carry: `flow` is direct, inherit or propagate."""

    name: str
    flow: str


@draftable
def define_object_type(
    caller: Caller, *, name: str, organization_id: UUID | None = None, public_id: UUID | None = None
) -> ObjectType:
    """Define a type of objects; the very same one again is given back as it is.

    Raises:
        Invalid: bad name, unknown organization.
        Conflict: name or id is taken; the same name counts as identical, as wire clients expect.
    """
    name = checked_label(name, what="An object type")
    with configuration_change(caller, events.OBJECT_TYPE_DEFINED) as change:
        owner = owner_named(organization_id)
        found = _taken(ObjectType, name, public_id)
        change.facts.update(name=name, organization=organization_id)
        if found is not None:
            _refuse_other(found, public_id, is_same=found.name == name and found.organization == owner, by_name=name)
            change.facts.update(object_type=found.public_id, repeated=True)
            return found
        made = ObjectType.objects.create(
            environment_id=caller.environment_id, public_id=public_id or uuid4(), name=name, organization=owner
        )
        change.facts["object_type"] = made.public_id
    return made


@draftable
def change_object_type(caller: Caller, *, public_id: UUID, name: str) -> ObjectType:
    """Rename a type of objects."""
    name = checked_label(name, what="An object type")
    with configuration_change(caller, events.OBJECT_TYPE_CHANGED) as change:
        stored = _unprotected(ObjectType, public_id)
        refuse_taken_name(ObjectType, name=name, public_id=public_id)
        stored.name = name
        stored.save(update_fields=["name", "updated_at"])
        change.facts.update(object_type=public_id, name=name)
    return stored


@draftable
def retire_object_type(caller: Caller, *, public_id: UUID) -> None:
    """Retire a type of objects with its objects, the edge types that name it, and all their edges."""
    with configuration_change(caller, events.OBJECT_TYPE_RETIRED) as change:
        stored = _unprotected(ObjectType, public_id)
        edge_types = EdgeType.objects.filter(Q(source_type=stored) | Q(target_type=stored))
        change.facts.update(
            object_type=public_id,
            name=stored.name,
            edge_types=edge_types.count(),
            objects=GraphObject.objects.filter(type=stored).count(),
            edges=GraphEdge.objects.filter(edge_type__in=edge_types).count(),
        )
        stored.delete()


@draftable
def define_edge_type(
    caller: Caller,
    *,
    name: str,
    source_type: UUID,
    target_type: UUID,
    attributes: Sequence[Carried] = (),
    organization_id: UUID | None = None,
    public_id: UUID | None = None,
) -> EdgeType:
    """Define a type of edges between two types of objects; the very same one again is given back as it is.

    Raises:
        Invalid: bad name or attribute, unknown object type or organization.
        Conflict: name or id is taken; identical where everything but the id is what was asked for.
    """
    name = checked_label(name, what="An edge type")
    _check_attributes(attributes)
    with configuration_change(caller, events.EDGE_TYPE_DEFINED) as change:
        owner = owner_named(organization_id)
        source = _object_type(source_type, "source_object_type_id")
        target = _object_type(target_type, "target_object_type_id")
        change.facts.update(name=name, source_type=source_type, target_type=target_type, organization=organization_id)
        change.facts["attributes"] = _told(attributes)
        found = _taken(EdgeType, name, public_id)
        if found is not None:
            ends = (found.source_type_id, found.target_type_id) == (source.pk, target.pk)
            is_same = found.name == name and ends and set(carried_by(found)) == set(attributes)
            _refuse_other(found, public_id, is_same=is_same and found.organization == owner)
            change.facts.update(edge_type=found.public_id, repeated=True)
            return found
        made = EdgeType.objects.create(
            environment_id=caller.environment_id,
            public_id=public_id or uuid4(),
            name=name,
            source_type=source,
            target_type=target,
            organization=owner,
        )
        _write_attributes(made, attributes)
        change.facts["edge_type"] = made.public_id
    return made


@draftable
def change_edge_type(
    caller: Caller,
    *,
    public_id: UUID,
    name: str,
    source_type: UUID,
    target_type: UUID,
    attributes: Sequence[Carried],
) -> EdgeType:
    """Change the name and attributes of a type of edges; between which types it leads stays."""
    name = checked_label(name, what="An edge type")
    _check_attributes(attributes)
    with configuration_change(caller, events.EDGE_TYPE_CHANGED) as change:
        stored = _unprotected(EdgeType, public_id)
        refuse_taken_name(EdgeType, name=name, public_id=public_id)
        if (stored.source_type.public_id, stored.target_type.public_id) != (source_type, target_type):
            raise Invalid(
                "An edge type keeps the object types it leads between.",
                field="source_object_type_id",
                remedy="Define another edge type.",
            )
        stored.name = name
        stored.save(update_fields=["name", "updated_at"])
        stored.attributes.all().delete()
        _write_attributes(stored, attributes)
        change.facts.update(edge_type=public_id, name=name, attributes=_told(attributes))
    return stored


@draftable
def retire_edge_type(caller: Caller, *, public_id: UUID) -> None:
    """Retire a type of edges with all its edges."""
    with configuration_change(caller, events.EDGE_TYPE_RETIRED) as change:
        stored = _unprotected(EdgeType, public_id)
        edges = GraphEdge.objects.filter(edge_type=stored).count()
        change.facts.update(edge_type=public_id, name=stored.name, edges=edges)
        stored.delete()


def carried_by(edge_type: EdgeType) -> list[Carried]:
    """Return what edges of a type carry, in the order it was defined."""
    return [Carried(each.name, each.flow) for each in edge_type.attributes.all()]


def _write_attributes(edge_type: EdgeType, attributes: Sequence[Carried]) -> None:
    EdgeAttribute.objects.bulk_create(
        EdgeAttribute(
            environment_id=edge_type.environment_id,
            edge_type=edge_type,
            ordinal=ordinal,
            name=each.name,
            flow=each.flow,
        )
        for ordinal, each in enumerate(attributes, start=1)
    )


def _check_attributes(attributes: Sequence[Carried]) -> None:
    for each in attributes:
        checked_label(each.name, what="An attribute")
        if each.flow not in FLOWS:
            raise Invalid(
                "An attribute is exactly one of direct, inherit and propagate.",
                field="attributes",
                remedy="Set one of the three to true.",
            )
    if len(set(attributes)) != len(attributes) or len(attributes) > MOST_ATTRIBUTES:
        raise Invalid(f"An edge type carries at most {MOST_ATTRIBUTES} attributes, each once.", field="attributes")


def _told(attributes: Sequence[Carried]) -> list[str]:
    return [f"{each.name}: {each.flow}" for each in attributes]


def _taken(model: type[T], name: str, public_id: UUID | None) -> T | None:
    rows: Any = model._default_manager.select_for_update(of=("self",)).select_related("organization")
    found = rows.filter(public_id=public_id).first() if public_id else None
    return found or rows.filter(name__iexact=name).first()  # type: ignore[no-any-return]  # the manager of either model


def _refuse_other(found: T, public_id: UUID | None, *, is_same: bool, by_name: str | None = None) -> None:
    """Pass where `found` is what was asked for, id and all.

    `by_name`: a name of which alone the contract says that whoever has it is identical.
    """
    if is_same and found.public_id == public_id:
        return
    named = found.name == by_name and found.public_id != public_id
    raise Conflict(
        f"There is an {found._meta.verbose_name} named {found.name}.",
        existing_id=found.public_id,
        identical=is_same or named,
        field="name",
    )


def _unprotected(model: type[T], public_id: UUID) -> T:
    manager: Any = model._default_manager
    stored: T | None = manager.select_for_update().filter(public_id=public_id).first()
    if stored is None:
        raise NotFound(f"There is no such {model._meta.verbose_name}.", field="id")
    if stored.is_system:
        raise Invalid(f"A built-in {model._meta.verbose_name} cannot be changed or retired.", field="id")
    return stored


def _object_type(public_id: UUID, field: str) -> ObjectType:
    found = ObjectType.objects.filter(public_id=public_id).first()
    if found is None:
        raise Invalid("There is no such object type in this environment.", field=field)
    return found
