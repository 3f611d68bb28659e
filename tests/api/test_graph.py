"""The graph over the API: what clients of the contract count on, and what stays sealed."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from governance.models import GraphEdge, GraphObject
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import Line, Scene, body, line_of, new_scene, recorded
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db(transaction=True)

USER, CAN_LOGIN = "1bf2b775-e521-41d3-8b7e-78e89427e6fe", "ea723951-fb93-4a29-b977-d27c01a61f58"
ALIVE = "0001-01-01T00:00:00Z"
ALIAS = "Ada Example"

begun, scene = beginning(new_scene)


def new_type(scene: Scene, name: str = "Document", **more: Any) -> str:
    asked = {"id": str(uuid4()), "type_name": name, **more}
    return body(scene.line.post("/authz/objecttypes", {"object_type": asked}), 201)["id"]


def new_object(scene: Scene, kind: str, **more: Any) -> str:
    return body(scene.line.post("/authz/objects", {"object": {"type_id": kind, **more}}), 201)["id"]


def edge_type(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {
        "edge_type": {
            "id": str(uuid4()),
            "type_name": "Views",
            "source_object_type_id": source,
            "target_object_type_id": target,
            "attributes": [{"name": "view", "direct": True, "inherit": False, "propagate": False}],
            **more,
        }
    }


def test_what_is_answered_can_be_sent_again(scene: Scene) -> None:
    kind = new_type(scene)
    made = body(scene.line.post("/authz/edgetypes", edge_type(kind, kind)), 201)
    assert {name: made[name] for name in ("type_name", "deleted", "attributes")} == {
        "type_name": "Views",
        "deleted": ALIVE,
        "attributes": [{"name": "view", "direct": True, "inherit": False, "propagate": False}],
    }
    assert "organization_id" not in made
    again = body(scene.line.post("/authz/edgetypes", {"edge_type": made}), 201)
    assert again["id"] == made["id"]
    assert (
        body(scene.line.put(f"/authz/edgetypes/{made['id']}", {"edge_type": made}))["attributes"] == made["attributes"]
    )
    kept = body(scene.line.put(f"/authz/edgetypes/{made['id']}", {"edge_type": {"type_name": "Sees"}}))
    assert (kept["type_name"], kept["attributes"]) == ("Sees", made["attributes"])
    renamed = body(scene.line.put(f"/authz/objecttypes/{kind}", {"object_type": {"TYPE_NAME": "Paper"}}))
    assert renamed["type_name"] == "Paper"


def test_a_name_that_is_taken_is_a_conflict_that_says_whether_it_is_the_same(scene: Scene) -> None:
    kind, other = new_type(scene), new_type(scene, "Folder")
    taken = body(scene.line.post("/authz/objecttypes", {"object_type": {"type_name": "Document"}}), 409)["error"]
    assert (taken["id"], taken["identical"]) == (kind, True)
    same_id = {"object_type": {"id": kind, "type_name": "Paper"}}
    assert body(scene.line.post("/authz/objecttypes", same_id), 409)["error"]["identical"] is False
    first = body(scene.line.post("/authz/edgetypes", edge_type(kind, kind)), 201)["id"]
    equal = body(scene.line.post("/authz/edgetypes", edge_type(kind, kind)), 409)["error"]
    assert (equal["id"], equal["identical"]) == (first, True)
    assert body(scene.line.post("/authz/edgetypes", edge_type(kind, other)), 409)["error"]["identical"] is False
    asked = {"organization": {"id": str(uuid4()), "name": "Example Works", "region": "aws-eu-west-1"}}
    works = body(scene.line.post("/authz/organizations", asked), 201)
    assert body(scene.line.post("/authz/organizations", asked), 201) == works
    named = {"organization": {"name": "Example Works"}}
    assert body(scene.line.post("/authz/organizations", named), 409)["error"]["identical"] is True


def test_objects_and_edges_created_again_are_the_same_ones(scene: Scene) -> None:
    kind, ident = new_type(scene), str(uuid4())
    asked = {"object": {"id": ident, "type_id": kind, "alias": ALIAS}}
    first, again = (body(scene.line.post("/authz/objects", asked), 201) for _ in range(2))
    assert first == again
    assert (first["alias"], first["deleted"]) == (ALIAS, ALIVE)
    twin = body(scene.line.post("/authz/objects", {"object": {"type_id": kind, "alias": ALIAS}}), 409)["error"]
    assert (twin["id"], twin["identical"]) == (ident, True)
    other = {"object": {"id": ident, "type_id": kind, "alias": "somebody else"}}
    assert body(scene.line.post("/authz/objects", other), 409)["error"]["identical"] is False
    assert new_object(scene, new_type(scene, "Folder"), alias=ALIAS) != ident
    line = body(scene.line.post("/authz/edgetypes", edge_type(kind, kind)), 201)["id"]
    edge = {"id": str(uuid4()), "edge_type_id": line, "source_object_id": ident, "target_object_id": ident}
    made = [body(scene.line.post("/authz/edges", {"edge": edge}), 201) for _ in range(2)]
    assert made[0] == made[1]
    parallel = body(scene.line.post("/authz/edges", {"edge": {**edge, "id": str(uuid4())}}), 409)["error"]
    assert (parallel["id"], parallel["identical"]) == (edge["id"], True)


def test_objects_are_found_by_type_and_alias(scene: Scene) -> None:
    kind = new_type(scene)
    ada, bob = (new_object(scene, kind, alias=alias) for alias in (ALIAS, "Bob Example"))

    def found(query: str) -> set[str]:
        return {each["id"] for each in body(scene.line.get(f"/authz/objects?{query}"))["data"]}

    assert found(f"type_id={kind}") == {ada, bob}
    assert found(f"type_id={kind}&alias=Ada%20Example") == {ada}
    assert found(f"type_id={kind}&name=Bob%20Example") == {bob}
    assert found(f"type_id={USER}&alias=Ada%20Example") == set()
    assert found("alias=ada%20example") == set()


def test_pages_lead_through_all_objects(scene: Scene) -> None:
    kind = new_type(scene)
    made = {new_object(scene, kind) for _ in range(5)}
    seen, cursor = [], ""
    while cursor != "end":
        page = body(scene.line.get(f"/authz/objects?type_id={kind}&limit=2&starting_after={cursor}"))
        assert page.keys() == {"data", "has_next", "next", "has_prev", "prev"}
        seen += [each["id"] for each in page["data"]]
        cursor = page["next"]
    assert seen == sorted(made)


@pytest.mark.parametrize(
    ("address", "query"),
    [("objecttypes", ""), ("edgetypes", ""), ("organizations", ""), ("objects", ""), ("edges", "")],
)
def test_every_list_answers_all_four_questions_about_its_neighbours(scene: Scene, address: str, query: str) -> None:
    page = body(scene.line.get(f"/authz/{address}?version=3{query}"))
    assert page.keys() == {"data", "has_next", "next", "has_prev", "prev"}


def test_deleting_takes_along_what_hangs_on_it(scene: Scene) -> None:
    kind = new_type(scene)
    line = body(scene.line.post("/authz/edgetypes", edge_type(kind, kind)), 201)["id"]
    one, two, three = (new_object(scene, kind) for _ in range(3))

    def joined(source: str, target: str) -> str:
        edge = {"edge_type_id": line, "source_object_id": source, "target_object_id": target}
        return body(scene.line.post("/authz/edges", {"edge": edge}), 201)["id"]

    joined(one, two), joined(two, three), joined(three, one)
    assert len(body(scene.line.get(f"/authz/objects/{one}/edges"))["data"]) == 2
    assert scene.line.delete(f"/authz/objects/{one}").status_code == 204
    assert len(body(scene.line.get("/authz/edges"))["data"]) == 1
    assert scene.line.delete(f"/authz/objects/{two}/edges").status_code == 204
    assert scene.line.delete(f"/authz/objects/{one}").status_code == 404
    joined(two, three)
    assert scene.line.delete(f"/authz/objecttypes/{kind}").status_code == 204
    assert scene.line.get(f"/authz/edgetypes/{line}").status_code == 404
    with in_environment(scene.environment.id):
        assert not GraphEdge.objects.exists()
        assert not GraphObject.objects.filter(type__name="Document").exists()
    (retired,) = recorded(scene, "object_type.retired")
    assert {name: retired.facts[name] for name in ("edge_types", "objects", "edges")} == {
        "edge_types": 1,
        "objects": 2,
        "edges": 1,
    }


@pytest.mark.parametrize(
    "address", [f"objecttypes/{USER}", "objecttypes/f5bce640-f866-4464-af1a-9e7474c4a90c", f"edgetypes/{CAN_LOGIN}"]
)
def test_provisioned_types_are_there_and_stay(scene: Scene, address: str) -> None:
    assert body(scene.line.get(f"/authz/{address}"))["type_name"].startswith("_")
    assert scene.line.delete(f"/authz/{address}").status_code == 400
    assert scene.line.get(f"/authz/{address}").status_code == 200


def test_an_organization_with_something_in_it_stays(scene: Scene) -> None:
    works = body(scene.line.post("/authz/organizations", {"organization": {"name": "Example Works"}}), 201)["id"]
    kind = new_type(scene, organization_id=works)
    owned = body(scene.line.get(f"/authz/objects/{new_object(scene, kind, organization_id=works)}"))
    assert owned["organization_id"] == works
    assert scene.line.delete(f"/authz/organizations/{works}").status_code == 409
    assert scene.line.post("/authz/objects", {"object": {"type_id": kind, "organization_id": kind}}).status_code == 400
    assert scene.line.delete(f"/authz/objecttypes/{kind}").status_code == 204
    assert scene.line.delete(f"/authz/organizations/{works}").status_code == 204


@pytest.mark.parametrize(
    "attribute",
    [
        {"name": "view"},
        {"name": "view", "direct": True, "inherit": True},
        {"name": "", "direct": True},
        {"name": "view", "direct": "yes"},
    ],
)
def test_an_attribute_flows_in_exactly_one_way(scene: Scene, attribute: dict[str, Any]) -> None:
    kind = new_type(scene)
    assert scene.line.post("/authz/edgetypes", edge_type(kind, kind, attributes=[attribute])).status_code == 400


def test_an_edge_leads_between_the_types_that_its_type_names(scene: Scene) -> None:
    kind, other = new_type(scene), new_type(scene, "Folder")
    line = body(scene.line.post("/authz/edgetypes", edge_type(kind, other)), 201)["id"]
    one, two = new_object(scene, kind), new_object(scene, other)
    edge = {"edge_type_id": line, "source_object_id": two, "target_object_id": one}
    assert scene.line.post("/authz/edges", {"edge": edge}).status_code == 400
    assert scene.line.post("/authz/edges", {"edge": {**edge, "source_object_id": str(uuid4())}}).status_code == 400
    moved = {"edge_type": {"source_object_type_id": other}}
    assert scene.line.put(f"/authz/edgetypes/{line}", moved).status_code == 400


def test_types_need_configure_objects_need_write_and_questions_need_read(scene: Scene) -> None:
    kind = new_type(scene)
    one = new_object(scene, kind)
    question = f"/authz/checkattribute?source_object_id={one}&target_object_id={one}&attribute=view"
    lines = {
        right: line_of(cast.new_player(scene.environment, right, **{right: True}))
        for right in ("read", "write", "configure", "audit")
    }

    def told(line: Line) -> list[int]:
        return [
            line.post("/authz/objecttypes", {"object_type": {"type_name": f"T{uuid4().hex}"}}).status_code,
            line.post("/authz/objects", {"object": {"type_id": kind}}).status_code,
            line.get(f"/authz/objects/{one}").status_code,
            line.get(question).status_code,
        ]

    assert {right: told(line) for right, line in lines.items()} == {
        "configure": [201, 403, 403, 403],
        "write": [403, 201, 403, 403],
        "read": [403, 403, 200, 200],
        "audit": [403, 403, 403, 403],
    }


def test_an_alias_is_sealed_and_in_no_entry_of_the_book(scene: Scene) -> None:
    ident = new_object(scene, new_type(scene), alias=ALIAS)
    body(scene.line.get("/authz/objects?alias=Ada%20Example"))
    scene.line.delete(f"/authz/objects/{new_object(scene, new_type(scene, 'Folder'), alias=ALIAS)}")
    with in_environment(scene.environment.id), connection.cursor() as cursor:
        cursor.execute("select governance_graphobject::text from governance_graphobject")
        stored = str(cursor.fetchall())
    assert ALIAS not in stored
    assert ALIAS.encode().hex() not in stored
    for kind in ("graph.object_created", "graph.read", "graph.object_deleted"):
        (entry, *_) = recorded(scene, kind)
        assert ALIAS not in str(entry.facts)
        assert ident not in str(entry.facts)


def test_an_object_moved_into_another_row_opens_no_alias(scene: Scene) -> None:
    kind = new_type(scene)
    one, two = new_object(scene, kind, alias=ALIAS), new_object(scene, kind, alias="Bob Example")
    with in_environment(scene.environment.id):
        source, target = (GraphObject.objects.get(public_id=UUID(each)) for each in (one, two))
        GraphObject.objects.filter(pk=target.pk).update(alias=source.alias.sealed)  # type: ignore[union-attr]  # it has one
    assert scene.line.get(f"/authz/objects/{two}").status_code == 500
    assert scene.line.get(f"/authz/objects/{one}").json()["alias"] == ALIAS
