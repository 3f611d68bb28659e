"""Users in the wire contract: profiles for operations."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from governance.actions.organizations import define_organization
from governance.identities import system_caller
from tests import cast
from tests.api.calling import (
    ALLOW_ALL,
    NUMBER,
    Line,
    Scene,
    body,
    line_of,
    new_scene,
    operational,
    recorded,
)
from tests.beginnings import beginning
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "+49 151 5550198"

begun, scene = beginning(new_scene)


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def test_a_user_shows_every_column_and_only_what_operations_may_see(scene: Scene, line: Line) -> None:
    scene.write(line)
    write = scene.write_body(OTHER)
    write["row_data"]["phone"]["purpose_additions"] = [{"name": "marketing"}]
    body(line.post("/userstore/api/mutators", write))
    shown = body(line.get(f"/authn/users/{scene.subject}"))
    assert shown["id"] == str(scene.subject)
    assert shown["organization_id"] == str(scene.environment.id)
    assert shown["profile"]["phone"] == json.dumps([NUMBER])
    assert shown["profile"]["email"] is None
    assert {"id", "created", "updated", "version", "name", "nickname"} <= shown["profile"].keys()
    assert [each["id"] for each in body(line.get("/authn/users"))["data"]] == [str(scene.subject)]
    assert body(line.get(f"/authn/users?organization_id={uuid4()}"))["data"] == []
    assert line.get(f"/authn/users/{uuid4()}").status_code == 404


@pytest.mark.parametrize("door", ["/authn/users", "/userstore/api/users"])
def test_a_user_belongs_to_an_organization_of_the_environment_or_to_none(scene: Scene, line: Line, door: str) -> None:
    works = str(define_organization(system_caller(scene.environment.id), name="Example Works").public_id)
    abroad = str(define_organization(system_caller(cast.new_environment().id), name="Example Works").public_id)
    for organization in (works, str(scene.environment.id)):
        asked = {**scene.write_body(), "id": str(uuid4()), "organization_id": organization}
        body(line.post(door, asked))
        assert body(line.get(f"/authn/users/{asked['id']}"))["organization_id"] == organization
    for unknown in (abroad, str(uuid4())):
        refused = line.post(door, {**scene.write_body(), "id": str(uuid4()), "organization_id": unknown})
        assert body(refused, 400)["field"] == "organization_id"


def test_a_call_that_names_a_region_is_about_its_users_alone(scene: Scene, line: Line) -> None:
    here, elsewhere = body(line.get("/userstore/config/regions"))[:2]
    abroad = str(uuid4())
    body(line.post("/userstore/api/users", {**scene.write_body(), "id": abroad, "region": elsewhere}))
    both = {**scene.write_body(), "selector_values": [abroad]}
    body(line.post("/userstore/api/mutators", scene.write_body()))

    def written(region: str) -> list[str]:
        return body(line.post("/userstore/api/mutators", {**both, "region": region}))["user_ids"]

    assert [written(elsewhere), written(here), written("")] == [[abroad], [], [abroad]]
    system = system_caller(scene.environment.id)
    spec = AccessorSpec(
        "Everybody", "{id} IS NOT NULL", (OutputSpec(scene.column),), (operational(scene.environment),), ALLOW_ALL
    )
    everybody = {"accessor_id": str(publish_accessor(system, spec=spec).public_id), "selector_values": []}
    for query in ("", "?sort_key=created,id&limit=5"):
        for region, count in ((here, 1), (elsewhere, 1), ("", 2), (None, 2)):
            read = body(line.post(f"/userstore/api/accessors{query}", {**everybody, "region": region}))
            assert len(read["data"]) == count
    for door, asked in (("accessors", everybody), ("mutators", both)):
        assert body(line.post(f"/userstore/api/{door}", {**asked, "region": "atlantis"}), 400)["field"] == "region"


def test_a_profile_sent_back_changes_nothing(scene: Scene, line: Line) -> None:
    scene.write(line)
    write = scene.write_body(OTHER)
    write["row_data"]["phone"]["purpose_additions"] = [{"name": "marketing"}]
    body(line.post("/userstore/api/mutators", write))
    before = body(line.post("/userstore/api/consents/list", {"user_id": str(scene.subject)}))["data"]
    profile = body(line.get(f"/authn/users/{scene.subject}"))["profile"]
    after = body(line.put(f"/authn/users/{scene.subject}", {"profile": profile}))["profile"]
    assert after["phone"] == profile["phone"]
    assert body(line.post("/userstore/api/consents/list", {"user_id": str(scene.subject)}))["data"] == before


def test_a_profile_changes_what_it_names_and_null_takes_operations_away(scene: Scene, line: Line) -> None:
    address = f"/authn/users/{scene.subject}"
    changed = body(line.put(address, {"profile": {"name": "Ada Example", "email_verified": True, "id": "ignored"}}))
    assert changed["profile"]["name"] == "Ada Example"
    assert changed["profile"]["email_verified"] == "true"
    assert changed["profile"]["id"] == str(scene.subject)
    changed = body(line.put(address, {"profile": {"nickname": "ada"}}))
    assert (changed["profile"]["name"], changed["profile"]["nickname"]) == ("Ada Example", "ada")
    changed = body(line.put(address, {"profile": {"name": None}}))
    assert (changed["profile"]["name"], changed["profile"]["nickname"]) == (None, "ada")
    body(line.put(address, {"profile": {"unknown": "x"}}), 400)
    body(line.put(address, {"profile": {"email_verified": "perhaps"}}), 400)
    reader = line_of(cast.new_player(scene.environment, "reader", read=True))
    assert reader.put(address, {"profile": {"name": "Eve Example"}}).status_code == 403
    assert recorded(scene, "mutator.executed", "refused")
    assert body(line.get(address))["profile"]["name"] is None


def test_numbers_of_an_array_come_and_go_one_by_one(scene: Scene, line: Line) -> None:
    scene.write(line)
    address = f"/authn/users/{scene.subject}"
    changed = body(line.put(address, {"profile": {"phone": json.dumps([NUMBER, OTHER])}}))
    assert json.loads(changed["profile"]["phone"]) == [NUMBER, OTHER]
    changed = body(line.put(address, {"profile": {"phone": [OTHER]}}))
    assert json.loads(changed["profile"]["phone"]) == [OTHER]


def test_a_deleted_user_is_gone(scene: Scene, line: Line) -> None:
    scene.write(line)
    assert line.delete(f"/authn/users/{scene.subject}").status_code == 204
    assert line.delete(f"/authn/users/{scene.subject}").status_code == 404
    assert line.get(f"/authn/users/{scene.subject}").status_code == 404
    assert scene.numbers(line) == []


@pytest.mark.parametrize(
    ("until", "status"),
    [
        ("9999-12-31T23:59:59.999999Z", 200),
        ("0001-01-01T00:00:00Z", 200),
        ("9999-12-31T23:59:59-14:00", 400),
        ("0001-01-01T00:00:00+14:00", 400),
    ],
)
def test_a_consent_ends_within_the_calendar_or_is_refused(scene: Scene, line: Line, until: str, status: int) -> None:
    answer = line.post("/userstore/api/mutators", {**scene.write_body(), "until": until})
    assert answer.status_code == status, answer.content
    if status == 200:
        shown = body(line.post("/userstore/api/consents/list", {"user_id": str(scene.subject)}))["data"]
        assert {each["until"] for value in shown for each in value["purposes"]} <= {until[:19] + "+00:00"}
    else:
        assert answer.json()["field"] == "until"
