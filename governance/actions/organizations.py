"""Defining, changing and retiring organizations, the customers of an application."""

from __future__ import annotations

from uuid import UUID, uuid4

from governance import events
from governance.actions.change import configuration_change
from governance.actions.names import checked_label
from governance.actions.publishing import refuse_in_use, refuse_taken_name
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import EdgeType, GraphObject, ObjectType, Organization

LONGEST_REGION = 64


@draftable
def define_organization(caller: Caller, *, name: str, region: str = "", public_id: UUID | None = None) -> Organization:
    """Define an organization; the very same one again is given back as it is.

    Raises:
        Invalid: bad name or region.
        Conflict: name or id is taken; the same name counts as identical, as wire clients expect.
    """
    name, region = checked_label(name, what="An organization"), _checked_region(region)
    with configuration_change(caller, events.ORGANIZATION_DEFINED) as change:
        found = _taken(name, public_id)
        if found is not None and (found.public_id, found.name, found.region) == (public_id, name, region):
            change.facts.update(organization=found.public_id, name=name, region=region, repeated=True)
            return found
        if found is not None:
            raise Conflict(
                f"There is an organization named {found.name}.",
                existing_id=found.public_id,
                identical=found.name == name and found.public_id != public_id,
                field="name",
            )
        organization = Organization.objects.create(
            environment_id=caller.environment_id, public_id=public_id or uuid4(), name=name, region=region
        )
        change.facts.update(organization=organization.public_id, name=name, region=region)
    return organization


@draftable
def change_organization(caller: Caller, *, public_id: UUID, name: str, region: str) -> Organization:
    """Change the name and region of an organization."""
    name, region = checked_label(name, what="An organization"), _checked_region(region)
    with configuration_change(caller, events.ORGANIZATION_CHANGED) as change:
        organization = _organization(public_id)
        refuse_taken_name(Organization, name=name, public_id=public_id)
        organization.name, organization.region = name, region
        organization.save(update_fields=["name", "region", "updated_at"])
        change.facts.update(organization=public_id, name=name, region=region)
    return organization


@draftable
def retire_organization(caller: Caller, *, public_id: UUID) -> None:
    """Retire an organization to which nothing belongs any more.

    Raises:
        Conflict: a type or an object belongs to it.
    """
    with configuration_change(caller, events.ORGANIZATION_RETIRED) as change:
        organization = _organization(public_id)
        owned = {
            "object types": ObjectType.objects.filter(organization=organization),
            "edge types": EdgeType.objects.filter(organization=organization),
            "objects": GraphObject.objects.filter(organization=organization),
        }
        refuse_in_use(
            "organization",
            [kind for kind, rows in owned.items() if rows.exists()],
            public_id=public_id,
            remedy="Delete what belongs to it first.",
        )
        change.facts.update(organization=public_id, name=organization.name)
        organization.delete()


def owner_named(public_id: UUID | None) -> Organization | None:
    """Return the organization that something is to belong to; must run inside the environment.

    Raises:
        Invalid: there is none of that id.
    """
    if public_id is None:
        return None
    found = Organization.objects.filter(public_id=public_id).first()
    if found is None:
        raise Invalid("There is no such organization in this environment.", field="organization_id")
    return found


def _taken(name: str, public_id: UUID | None) -> Organization | None:
    rows = Organization.objects.select_for_update()
    found = rows.filter(public_id=public_id).first() if public_id else None
    return found or rows.filter(name__iexact=name).first()


def _organization(public_id: UUID) -> Organization:
    organization = Organization.objects.select_for_update().filter(public_id=public_id).first()
    if organization is None:
        raise NotFound("There is no such organization.", field="id")
    return organization


def _checked_region(region: str) -> str:
    if len(region) > LONGEST_REGION or not region.isprintable():
        raise Invalid(f"A region has at most {LONGEST_REGION} printable characters.", field="region")
    return region
