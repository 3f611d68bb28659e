"""Calls through the wire contract: answers, bad input, idempotency, users, consents, tokens."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from audit import queries
from tests import cast
from tests.api.calling import (
    NUMBER,
    Line,
    Scene,
    body,
    line_of,
    new_scene,
    recorded,
    values_of,
)
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "+49 151 5550198"

begun, scene = beginning(new_scene)


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def test_rows_are_texts_of_json_objects_and_the_answer_names_its_decision(scene: Scene, line: Line) -> None:
    assert body(scene.write(line)) == {"user_ids": [str(scene.subject)]}
    answer = scene.read(line)
    assert body(answer) == {
        "data": [json.dumps({"phone": json.dumps([NUMBER])}, separators=(",", ":"))],
        "truncated": False,
        "has_next": False,
        "next": "end",
        "has_prev": False,
        "prev": "",
    }
    entry = recorded(scene, "accessor.executed")[0]
    assert answer["X-Sealbook-Decision"] == str(entry.decision_id)
    assert answer["X-Request-Id"] == entry.request_id
    assert NUMBER not in entry.text


def test_keys_of_a_call_are_matched_whatever_their_case(scene: Scene, line: Line) -> None:
    scene.write(line)
    read = {"Accessor_ID": str(scene.accessor), "Selector_Values": [str(scene.subject)], "Context": None}
    assert len(body(line.post("/userstore/api/accessors", read))["data"]) == 1


def bad_calls(scene: Scene) -> list[tuple[str, Any, int]]:
    accessors, mutators = "/userstore/api/accessors", "/userstore/api/mutators"
    read, write = scene.read_body(), scene.write_body()
    phone = write["row_data"]["phone"]
    return [
        (accessors, {**read, "accessor_id": str(uuid4())}, 400),
        (accessors, {**read, "accessor_id": "no-uuid"}, 400),
        (accessors, {**read, "accessor_id": None}, 400),
        (accessors, {**read, "selector_values": []}, 400),
        (accessors, {**read, "selector_values": ["not an id"]}, 400),
        (accessors, {**read, "selector_values": "text"}, 400),
        (accessors, {**read, "context": []}, 400),
        (f"{accessors}?limit=0", read, 400),
        (f"{accessors}?starting_after=forged", read, 400),
        (f"{accessors}?sort_key=phone", read, 400),
        (accessors, [], 400),
        (accessors, b"{", 400),
        (accessors, b"[" * 5000, 400),
        (accessors, b'"' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"', 413),
        (mutators, {**write, "row_data": {}}, 400),
        (mutators, {**write, "row_data": {"phone": phone, "unknown": {"value": "x"}}}, 400),
        (mutators, {**write, "row_data": {"phone": {**phone, "purpose_additions": [{"name": "unknown"}]}}}, 400),
        (mutators, {**write, "row_data": {"phone": {**phone, "value_additions": ["no number"]}}}, 400),
        (mutators, {**write, "mutator_id": str(scene.accessor)}, 400),
        (mutators, {**write, "until": "tomorrow"}, 400),
        (mutators, {**write, "text_version": "x" * 65}, 400),
        ("/userstore/api/consentedpurposes", {"user_id": str(uuid4())}, 400),
        ("/userstore/api/consentedpurposes", {"user_id": str(scene.subject), "columns": [{"name": "unknown"}]}, 400),
        ("/userstore/api/consents", {"user_id": str(scene.subject), "purpose": "unknown", "permitted": False}, 400),
        ("/userstore/api/consents", {"user_id": str(scene.subject), "purpose": "marketing", "permitted": True}, 400),
        ("/tokenizer/tokens", {"data": "x"}, 400),
        ("/tokenizer/tokens/actions/resolve", {"tokens": ["x"], "purposes": [{"name": "unknown"}]}, 404),
        ("/tokenizer/tokens/actions/resolve", {"tokens": [7]}, 400),
        ("/tokenizer/tokens/actions/resolve", {"tokens": ["x"] * 1001}, 400),
        ("/authn/users", {"id": "no-uuid"}, 400),
        ("/authn/users", {"username": "somebody", "password": "secret"}, 400),
    ]


def test_a_call_that_makes_no_sense_stores_nothing_and_leaks_nothing(scene: Scene, line: Line) -> None:
    for path, wrong, status in bad_calls(scene):
        answer = line.post(path, wrong)
        told = body(answer, status)
        assert told["error"], (path, told)
        assert "Traceback" not in answer.content.decode()
        assert NUMBER not in answer.content.decode()
    assert values_of(scene) == 0
    assert scene.write(line).status_code == 200


def test_a_selector_value_of_the_wrong_kind_is_told_with_its_position(scene: Scene, line: Line) -> None:
    told = body(line.post("/userstore/api/accessors", {**scene.read_body(), "selector_values": ["marked-value"]}), 400)
    assert told["field"] == "selector_values"
    assert told["position"] == 8
    assert "marked-value" not in json.dumps(told)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_declared_to_be_json_is_not_read(scene: Scene, line: Line, content_type: str) -> None:
    answer = line.post("/userstore/api/accessors", scene.read_body(), content_type=content_type)
    assert answer.status_code == 415


def test_a_charset_does_not_matter_and_other_methods_are_refused(scene: Scene, line: Line) -> None:
    answer = line.post("/userstore/api/accessors", scene.read_body(), content_type="application/json; charset=utf-8")
    assert answer.status_code == 200
    assert line.get("/userstore/api/accessors").status_code == 405


def test_tokens_of_nobody_expired_or_of_another_audience_open_nothing(scene: Scene) -> None:
    old = line_of(scene.service, issued=time.time() - 2 * settings.GOVERNANCE_TOKEN_SECONDS)
    for line in (Line(None), Line("x.y.z"), old):
        answer = scene.read(line)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"


def test_consents_are_listed_and_switched_value_by_value(scene: Scene, line: Line) -> None:
    scene.write(line)
    user = {"user_id": str(scene.subject)}
    listed = body(line.post("/userstore/api/consents/list", user))["data"]
    assert [(each["column"], [p["name"] for p in each["purposes"]]) for each in listed] == [("phone", ["operational"])]
    given = {**user, "purpose": "marketing", "permitted": True, "value_id": listed[0]["value_id"], "text_version": "v2"}
    entry = body(line.post("/userstore/api/consents", given, HTTP_IDEMPOTENCY_KEY="k"))["entry_id"]
    assert queries.entry(environment_id=scene.environment.id, entry_id=UUID(entry)).kind == "consent.changed"
    wanted = {**user, "columns": [{"name": "phone"}]}
    told = body(line.post("/userstore/api/consentedpurposes", wanted))["data"]
    assert told[0]["column"]["name"] == "phone"
    assert [each["name"] for each in told[0]["consented_purposes"]] == ["marketing", "operational"]
    everything = body(line.post("/userstore/api/consentedpurposes", user))["data"]
    assert {each["column"]["name"]: each["consented_purposes"] for each in everything}["id"] == []
    body(line.post("/userstore/api/consents", {**user, "purpose": "marketing", "permitted": False}))
    told = body(line.post("/userstore/api/consentedpurposes", wanted))["data"]
    assert [each["name"] for each in told[0]["consented_purposes"]] == ["operational"]
    refused = line.post("/userstore/api/consents", {**user, "purpose": "operational", "permitted": False})
    assert refused.status_code == 400


def test_a_token_is_made_found_resolved_inspected_and_deleted(scene: Scene, line: Line) -> None:
    pair = {"transformer_rid": {"name": "UUID"}, "access_policy_rid": {"name": "AllowAll"}}
    token = body(line.post("/tokenizer/tokens", {"data": "marked-raw", **pair}), 201)["data"]
    assert body(line.post("/tokenizer/tokens/actions/lookup", {"data": "marked-raw", **pair})) == {"tokens": [token]}
    asked = {"tokens": [token, "unknown"], "context": {}, "purposes": [{"Name": "operational"}]}
    assert body(line.post("/tokenizer/tokens/actions/resolve", asked)) == [
        {"token": token, "data": "marked-raw"},
        {"token": "unknown", "data": ""},
    ]
    inspected = body(line.post("/tokenizer/tokens/actions/inspect", {"token": token}))
    assert (inspected["token"], inspected["access_policy"]["name"]) == (token, "AllowAll")
    assert "marked-raw" not in json.dumps(inspected)
    both = {
        "data": ["marked-raw", "new"],
        "transformer_rids": [pair["transformer_rid"]] * 2,
        "access_policy_rids": [pair["access_policy_rid"]] * 2,
    }
    found = body(line.post("/tokenizer/tokens/actions/lookuporcreate", both))["tokens"]
    assert found[0] == token
    assert found[1] not in {token, ""}
    assert line.delete(f"/tokenizer/tokens?token={token}").status_code == 204
    assert line.delete(f"/tokenizer/tokens?token={token}").status_code == 400
    resolver = line_of(cast.new_player(scene.environment, "resolver", resolve=True))
    assert resolver.post("/tokenizer/tokens/actions/lookuporcreate", {**both, "data": ["a", "b"]}).status_code == 403
    assert recorded(scene, "token.created", "refused")


def test_every_way_into_the_store_is_on_record(scene: Scene, line: Line) -> None:
    scene.write(line)
    scene.read(line)
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    assert scene.read(outsider).status_code == 403
    refused = recorded(scene, "accessor.executed", "refused")
    assert [entry.actor.kind for entry in refused] == ["client"]
    assert recorded(scene, "mutator.executed")
    assert recorded(scene, "accessor.executed")
