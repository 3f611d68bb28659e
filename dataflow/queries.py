"""Reads of dataflows that several doors share."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from dataflow.grammar.faults import Fault, FileRefused
from dataflow.grammar.flowfile import IS_TOPIC
from dataflow.grammar.spec import Import
from dataflow.hub.content import PACKAGE, package_of, read_content
from dataflow.models import FlowTopic, HubItem
from dataflow.packages.library import Find, Package
from dataflow.planning.agreeing import Known
from governance.actions.change import environment_resource
from governance.errors import NotFound
from governance.identities import SYSTEM, Caller
from governance.rights import effective_rights
from governance.standing import fresh_standing_of
from keyring.walls import in_environment

IS_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def hub_items(caller: Caller, *, now: datetime | None = None) -> QuerySet[HubItem]:
    """Return what a caller sees of the hub; must run inside the environment.

    What is private is seen by who published it and by who configures the environment.
    """
    items = HubItem.objects.filter(withdrawn_at=None)
    if _configures(caller, now or timezone.now()):
        return items
    return items.filter(Q(is_public=True) | Q(published_by=caller.account_id))


def hub_item(caller: Caller, public_id: UUID) -> HubItem:
    """Return one item that a caller sees; must run inside the environment. Raises `NotFound`."""
    found = hub_items(caller).filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such item in the hub.", field="id")
    return found


def flow_topics(caller: Caller) -> QuerySet[FlowTopic]:
    """Return the topics of the caller's environment; must run inside it."""
    return FlowTopic.objects.filter(environment_id=caller.environment_id)


def flow_topic(caller: Caller, named: str) -> FlowTopic:
    """Return a topic of the caller's environment by name or id; must run inside it. Raises `NotFound`."""
    rows = flow_topics(caller)
    found = rows.filter(name=named).first() if IS_TOPIC.fullmatch(named) else None
    if found is None and IS_UUID.fullmatch(named):
        found = rows.filter(public_id=named).first()
    if found is None:
        remedy = "A flow declares its topics when it starts; list them: GET /dataflow/topics."
        raise NotFound("There is no such topic.", field="topic", remedy=remedy)
    return found


def known_topics(caller: Caller) -> dict[str, Known]:
    """Return what flows of the caller's environment have said of their topics, by the topics' names on the wire."""
    with in_environment(caller.environment_id):
        return {
            each.name: Known(frozenset(each.holds), each.expires, each.declared_by, frozenset(each.flows))
            for each in flow_topics(caller)
        }


def sealed_topics(environment_id: UUID) -> dict[str, int]:
    """Return the topics of an environment whose records lie sealed, each with the seconds after which they expire."""
    with in_environment(environment_id):
        rows = FlowTopic.objects.filter(environment_id=environment_id)
        return {each.name: each.expires for each in rows if each.holds}


def find_in_hub(caller: Caller) -> Find:
    """Return what finds packages that a caller sees in the hub."""

    def find(wanted: Import) -> Package:
        meta = wanted.package
        named = {"namespace": meta.namespace, "name": meta.name, "version": meta.version}
        with in_environment(caller.environment_id):
            found = hub_items(caller).filter(kind=PACKAGE, **named).first()
        if found is None:
            says = f"the package {meta} is not in the hub"
            raise FileRefused([Fault(wanted.place, "imports", says, "Publish it first.")])
        return package_of(read_content(found.files))

    return find


def find_published(environment_id: UUID) -> Find:
    """Return what finds packages for what is deployed: a version that was withdrawn later goes on where it is used."""

    def find(wanted: Import) -> Package:
        meta = wanted.package
        named = {"namespace": meta.namespace, "name": meta.name, "version": meta.version}
        with in_environment(environment_id):
            found = HubItem.objects.filter(kind=PACKAGE, **named).first()
        if found is None:
            raise FileRefused([Fault(wanted.place, "imports", f"the package {meta} was never in the hub")])
        return package_of(read_content(found.files))

    return find


def _configures(caller: Caller, now: datetime) -> bool:
    if caller.kind == SYSTEM:
        return True
    standing = fresh_standing_of(caller.environment_id)
    resource = environment_resource(caller.environment_id, standing.environment_name)
    return effective_rights(standing=standing, caller=caller, operation="configure", resource=resource, now=now).allowed
