"""The graph in the console: types and organizations, objects with their edges, and the question it answers."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.test import Client as Browser

from governance.actions.rights import give_right
from governance.identities import system_caller
from governance.models import EdgeType, GraphEdge, GraphObject, ObjectType, Organization
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from tests.console.test_definitions import facts_of, is_gone, send, stored

OBJECTS, CHECK = "/admin/graph/objects/", "/admin/graph/check/"
NAME = "Ada Example"


@pytest.fixture
def graph(console: Console) -> Console:
    """A person and a folder, and the officer may read and write the graph."""
    system = system_caller(console.environment.id)
    for operation in ("read", "write"):
        give_right(system, holder=console.officer, operation=operation, on=console.environment)
    return console


def typed(console: Console, name: str) -> ObjectType:
    found: ObjectType = stored(console, ObjectType, name=name)
    return found


def with_types(console: Console, browser: Browser) -> None:
    for name in ("person", "folder"):
        send(browser, "governance/objecttype/add/", {"name": name, "organization": ""})
    new = {
        "name": "owns", "source_type": typed(console, "person").pk, "target_type": typed(console, "folder").pk,
        "organization": "", "attributes-TOTAL_FORMS": "1", "attributes-INITIAL_FORMS": "0",
        "attributes-0-name": "view", "attributes-0-flow": "direct",
    }  # fmt: skip
    send(browser, "governance/edgetype/add/", new)


def added(console: Console, browser: Browser, kind: str, alias: str) -> UUID:
    answer = browser.post(f"{OBJECTS}add/", {"type": str(typed(console, kind).public_id), "alias": alias})
    assert answer.status_code == 302, answer.content.decode()
    return UUID(re.findall(r"[0-9a-f-]{36}", answer["Location"])[0])


def test_types_and_organizations_are_defined_changed_and_retired(console: Console, as_officer: Browser) -> None:
    send(as_officer, "governance/organization/add/", {"name": "Acme", "region": "aws-eu-central-1"})
    organization = stored(console, Organization, name="Acme")
    with_types(console, as_officer)
    person = typed(console, "person")
    send(as_officer, f"governance/objecttype/{person.pk}/change/", {"name": "human"})
    edge_type = stored(console, EdgeType, name="owns")
    with in_environment(console.environment.id):
        attribute = edge_type.attributes.get()
    changed = {
        "name": "has", "attributes-TOTAL_FORMS": "1", "attributes-INITIAL_FORMS": "1",
        "attributes-0-id": attribute.pk, "attributes-0-edge_type": edge_type.pk,
        "attributes-0-name": "edit", "attributes-0-flow": "direct",
    }  # fmt: skip
    send(as_officer, f"governance/edgetype/{edge_type.pk}/change/", changed)
    shown = as_officer.get("/admin/governance/edgetype/").content.decode()
    assert "human → folder" in shown and "edit (direct)" in shown
    told = as_officer.get(f"/admin/governance/objecttype/{person.pk}/delete/").content.decode()
    assert "objects 0, edge types 1, edges 0" in told
    for page in (f"objecttype/{person.pk}", f"organization/{organization.pk}"):
        send(as_officer, f"governance/{page}/delete/", {"post": "yes"})
    assert is_gone(console, EdgeType, name="has")
    assert facts_of(console, "organization.retired")["name"] == "Acme"
    builtin = stored(console, ObjectType, name="_user")
    assert "built in" in as_officer.get(f"/admin/governance/objecttype/{builtin.pk}/change/").content.decode()


def test_objects_and_edges_are_added_found_asked_about_and_deleted(graph: Console, as_officer: Browser) -> None:
    with_types(graph, as_officer)
    ada, folder = added(graph, as_officer, "person", NAME), added(graph, as_officer, "folder", "2026")
    edge = f"out:{stored(graph, EdgeType, name='owns').public_id}"
    page = f"{OBJECTS}{ada}/"
    unknown = as_officer.post(page, {"edge": edge, "other": "2027"}).content.decode()
    assert "There is no such object in this environment." in unknown
    assert as_officer.post(page, {"edge": edge, "other": "2026"}).status_code == 302
    assert "There is such an edge." in as_officer.post(page, {"edge": edge, "other": str(folder)}).content.decode()
    found = as_officer.post(OBJECTS, {"sought": NAME}).content.decode()
    assert "1 object found" in found and str(ada) in found and str(folder) not in found
    kind = typed(graph, "folder").public_id
    listed = as_officer.get(f"{OBJECTS}?type={kind}").content.decode()
    assert str(folder) in listed and str(ada) not in listed
    yes = as_officer.post(CHECK, {"source": NAME, "target": "2026", "attribute": "view"}).content.decode()
    assert "Yes: Ada Example has view on 2026" in yes and "view (direct)" in yes
    no = as_officer.post(CHECK, {"source": "2026", "target": str(ada), "attribute": "view"}).content.decode()
    assert "No: 2026 does not have view on Ada Example" in no
    assert "What Ada Example has on 2026" in as_officer.post(CHECK, {"source": NAME, "target": "2026"}).content.decode()
    assert [entry.facts["question"] for entry in graph.booked("graph.checked")] == ["attributes", "check", "check"]
    with in_environment(graph.environment.id):
        edge_id = GraphEdge.objects.get().public_id
    assert as_officer.post(f"{page}{edge_id}/delete/").status_code == 302
    assert as_officer.post(f"{page}delete/").status_code == 302
    with in_environment(graph.environment.id):
        assert list(GraphObject.objects.values_list("public_id", flat=True)) == [folder]
    kinds = ("object_created", "edge_created", "edge_deleted", "object_deleted")
    assert [len(graph.booked(f"graph.{kind}")) for kind in kinds] == [2, 1, 1, 1]
    assert NAME not in str([entry.facts for kind in kinds for entry in graph.booked(f"graph.{kind}")])


def test_readers_change_nothing_and_outsiders_see_nothing(
    graph: Console, as_support: Browser, as_officer: Browser
) -> None:
    with_types(graph, as_officer)
    ada = added(graph, as_officer, "person", NAME)
    lists = [f"/admin/governance/{kind}/" for kind in ("objecttype", "edgetype", "organization")]
    assert {as_support.get(page).status_code for page in (*lists, OBJECTS, CHECK, f"{OBJECTS}{ada}/")} == {403}
    give_right(system_caller(graph.environment.id), holder=graph.support, operation="read", on=graph.environment)
    shown = as_support.get(f"{OBJECTS}{ada}/").content.decode()
    assert NAME in shown and "Delete" not in shown and "Add an edge" not in shown
    assert as_support.post(f"{OBJECTS}{ada}/", {"edge": "", "other": ""}).status_code == 403
    assert as_support.post(f"{OBJECTS}{ada}/delete/").status_code == 403
    assert as_support.post(f"{OBJECTS}add/", {"alias": "x"}).status_code == 403
    pages = (OBJECTS, CHECK, f"{OBJECTS}{ada}/")
    assert {Browser().get(page).status_code for page in pages} == {302}
    other = cast.new_environment()
    give_right(system_caller(other.id), holder=graph.officer, operation="read", on=other)
    as_officer.post("/environment/", {"environment": str(other.id)})
    assert as_officer.get(f"{OBJECTS}{ada}/").status_code == 404
    assert NAME not in as_officer.post(OBJECTS, {"sought": str(ada)}).content.decode()
