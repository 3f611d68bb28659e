"""Types of the graph, and organizations, in the wire contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet

from governance.actions.graph_types import (
    Carried,
    carried_by,
    change_edge_type,
    change_object_type,
    define_edge_type,
    define_object_type,
    retire_edge_type,
    retire_object_type,
)
from governance.actions.organizations import change_organization, define_organization, retire_organization
from governance.errors import Invalid
from governance.identities import Caller
from governance.models import EdgeType, ObjectType, Organization
from governance.models.graph import FLOWS
from governance.wire.definitions import Family
from governance.wire.fields import Fields
from governance.wire.keys import BY_NAME, Keys, flag_key, moment_key, text_key
from governance.wire.moments import life_of
from governance.wire.shapes import FLAG, ID, MOMENT, TEXT, array, shape

LIFE = {"created": MOMENT, "updated": MOMENT, "deleted": {**MOMENT, "description": "Year 1 where it lives."}}
_TYPE_KEYS: Keys = {
    **BY_NAME,
    "type_name": text_key("name"),
    "updated": moment_key("updated_at"),
    "is_system": flag_key("is_system"),
}
ATTRIBUTE = shape(name=TEXT, **dict.fromkeys(FLOWS, FLAG))


def owned_by(row: ObjectType | EdgeType | Any) -> dict[str, str]:
    """Write whom a row belongs to; the contract's clients read no null."""
    return {"organization_id": str(row.organization.public_id)} if row.organization else {}


@dataclass(frozen=True, slots=True)
class OrganizationAsked:
    """An organization as a body asks for it."""

    name: str
    region: str


class Organizations(Family[Organization]):
    """The customers of an application."""

    name = "organization"
    wrapper = "organization"
    model = Organization
    keys: ClassVar[Keys] = {**BY_NAME, "updated": moment_key("updated_at"), "region": text_key("region")}
    shape = shape(id=ID, name=TEXT, region=TEXT, **LIFE)

    def render(self, row: Organization) -> dict[str, Any]:
        return {"id": str(row.public_id), "name": row.name, "region": row.region, **life_of(row)}

    def read(self, fields: Fields, stored: Organization | None) -> OrganizationAsked:
        return OrganizationAsked(
            name=fields.text("name", stored.name if stored else None),
            region=fields.kept_text("region", stored.region if stored else ""),
        )

    def create(self, caller: Caller, asked: OrganizationAsked, public_id: UUID | None) -> Organization:
        return define_organization(caller, name=asked.name, region=asked.region, public_id=public_id)

    def update(self, caller: Caller, asked: OrganizationAsked, public_id: UUID) -> Organization:
        return change_organization(caller, public_id=public_id, name=asked.name, region=asked.region)

    def retire(self, caller: Caller, public_id: UUID) -> None:
        retire_organization(caller, public_id=public_id)


@dataclass(frozen=True, slots=True)
class ObjectTypeAsked:
    """A type of objects as a body asks for it."""

    name: str
    organization_id: UUID | None


class ObjectTypes(Family[ObjectType]):
    """What objects are."""

    name = "object_type"
    wrapper = "object_type"
    model = ObjectType
    keys: ClassVar[Keys] = _TYPE_KEYS
    shape = shape(id=ID, type_name=TEXT, organization_id=ID, is_system=FLAG, **LIFE)

    def rows(self) -> QuerySet[ObjectType]:
        return ObjectType.objects.select_related("organization")

    def render(self, row: ObjectType) -> dict[str, Any]:
        return {
            "id": str(row.public_id),
            "type_name": row.name,
            "is_system": row.is_system,
            **owned_by(row),
            **life_of(row),
        }

    def read(self, fields: Fields, stored: ObjectType | None) -> ObjectTypeAsked:
        return ObjectTypeAsked(
            name=fields.text("type_name", stored.name if stored else None),
            organization_id=kept_owner(fields, stored),
        )

    def create(self, caller: Caller, asked: ObjectTypeAsked, public_id: UUID | None) -> ObjectType:
        return define_object_type(caller, name=asked.name, organization_id=asked.organization_id, public_id=public_id)

    def update(self, caller: Caller, asked: ObjectTypeAsked, public_id: UUID) -> ObjectType:
        return change_object_type(caller, public_id=public_id, name=asked.name)

    def retire(self, caller: Caller, public_id: UUID) -> None:
        retire_object_type(caller, public_id=public_id)


@dataclass(frozen=True, slots=True)
class EdgeTypeAsked:
    """A type of edges as a body asks for it."""

    name: str
    source_type: UUID
    target_type: UUID
    attributes: tuple[Carried, ...]
    organization_id: UUID | None


class EdgeTypes(Family[EdgeType]):
    """What edges say, and which attributes they carry."""

    name = "edge_type"
    wrapper = "edge_type"
    model = EdgeType
    keys: ClassVar[Keys] = _TYPE_KEYS
    shape = shape(
        id=ID,
        type_name=TEXT,
        source_object_type_id=ID,
        target_object_type_id=ID,
        attributes=array(ATTRIBUTE),
        organization_id=ID,
        is_system=FLAG,
        **LIFE,
    )

    def rows(self) -> QuerySet[EdgeType]:
        named = EdgeType.objects.select_related("organization", "source_type", "target_type")
        return named.prefetch_related("attributes")

    def render(self, row: EdgeType) -> dict[str, Any]:
        return {
            "id": str(row.public_id),
            "type_name": row.name,
            "source_object_type_id": str(row.source_type.public_id),
            "target_object_type_id": str(row.target_type.public_id),
            "attributes": [
                {"name": each.name, **{flow: flow == each.flow for flow in FLOWS}} for each in carried_by(row)
            ],
            "is_system": row.is_system,
            **owned_by(row),
            **life_of(row),
        }

    def read(self, fields: Fields, stored: EdgeType | None) -> EdgeTypeAsked:
        kept = carried_by(stored) if stored else []
        return EdgeTypeAsked(
            name=fields.text("type_name", stored.name if stored else None),
            source_type=_end(fields, "source_object_type_id", stored.source_type if stored else None),
            target_type=_end(fields, "target_object_type_id", stored.target_type if stored else None),
            attributes=_attributes(fields) if fields.has("attributes") else tuple(kept),
            organization_id=kept_owner(fields, stored),
        )

    def create(self, caller: Caller, asked: EdgeTypeAsked, public_id: UUID | None) -> EdgeType:
        return define_edge_type(
            caller,
            name=asked.name,
            source_type=asked.source_type,
            target_type=asked.target_type,
            attributes=asked.attributes,
            organization_id=asked.organization_id,
            public_id=public_id,
        )

    def update(self, caller: Caller, asked: EdgeTypeAsked, public_id: UUID) -> EdgeType:
        return change_edge_type(
            caller,
            public_id=public_id,
            name=asked.name,
            source_type=asked.source_type,
            target_type=asked.target_type,
            attributes=asked.attributes,
        )

    def retire(self, caller: Caller, public_id: UUID) -> None:
        retire_edge_type(caller, public_id=public_id)


def kept_owner(fields: Fields, stored: ObjectType | EdgeType | None) -> UUID | None:
    """Read whom something belongs to; it stays as it is once it is there."""
    held = stored.organization.public_id if stored and stored.organization else None
    asked = fields.optional_id("organization_id") if fields.has("organization_id") else held
    if stored is not None and asked not in {None, held}:
        raise Invalid("A type stays with its organization.", field=fields.path("organization_id"))
    return held if stored is not None else asked


def _end(fields: Fields, name: str, stored: ObjectType | None) -> UUID:
    given = fields.optional_id(name)
    return stored.public_id if stored is not None and given is None else given or fields.id(name)


def _attributes(fields: Fields) -> tuple[Carried, ...]:
    return tuple(_attribute(each) for each in fields.nested_list("attributes"))


def _attribute(given: Fields) -> Carried:
    flows = [flow for flow in FLOWS if given.flag(flow, default=False)]
    if len(flows) != 1:
        raise Invalid("An attribute is exactly one of direct, inherit and propagate.", field=given.path(FLOWS[0]))
    return Carried(given.text("name"), flows[0])
