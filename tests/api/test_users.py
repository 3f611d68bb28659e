"""Users in the wire contract: profiles for operations."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from tests import cast
from tests.api.calling import (
    NUMBER,
    Line,
    Scene,
    body,
    line_of,
    new_scene,
    recorded,
)

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "+49 151 5550198"


@pytest.fixture
def scene() -> Scene:
    return new_scene()


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
