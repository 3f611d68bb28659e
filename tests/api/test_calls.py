"""Calls through the wire contract: answers, bad input, idempotency, users, consents, tokens."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

from audit import queries
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import ALLOW_ALL, NUMBER, UUID_TRANSFORMER, Line, Scene, line_of, new_scene
from userstore.actions.idempotency import forget_answers
from userstore.models import IdempotencyKey, Value

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "+49 151 5550198"


@pytest.fixture
def scene() -> Scene:
    return new_scene()


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def body(answer: HttpResponse, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    return json.loads(answer.content)


def recorded(scene: Scene, kind: str, outcome: str = "done") -> list[Any]:
    return queries.entries(environment_id=scene.environment.id, kinds=[kind], outcome=outcome)


def values_of(scene: Scene) -> int:
    with in_environment(scene.environment.id):
        return Value.objects.count()


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


# --- Idempotency ---------------------------------------------------------------------------------------------------


def test_a_write_that_is_sent_again_is_answered_again_and_not_done_again(scene: Scene, line: Line) -> None:
    create = {**scene.write_body(), "context": {}}
    first = line.post("/userstore/api/users", create, HTTP_IDEMPOTENCY_KEY="key-1")
    again = line.post("/userstore/api/users", create, HTTP_IDEMPOTENCY_KEY="key-1")
    assert body(first) == body(again)
    assert first["X-Sealbook-Decision"] == again["X-Sealbook-Decision"]
    assert values_of(scene) == 1
    other = line.post("/userstore/api/users", create, HTTP_IDEMPOTENCY_KEY="key-2")
    assert body(other) != body(first)


def test_a_key_with_another_body_is_a_conflict(scene: Scene, line: Line) -> None:
    assert scene.write(line, HTTP_IDEMPOTENCY_KEY="key-1").status_code == 200
    told = body(scene.write(line, OTHER, HTTP_IDEMPOTENCY_KEY="key-1"), 409)
    assert told["error"]["error"].startswith("This idempotency key")
    assert values_of(scene) == 1


def test_a_key_belongs_to_one_client(scene: Scene, line: Line) -> None:
    twin = line_of(cast.new_player(scene.environment, "twin", write=True))
    made = body(line.post("/authn/users", {}, HTTP_IDEMPOTENCY_KEY="key-1"))
    assert body(twin.post("/authn/users", {}, HTTP_IDEMPOTENCY_KEY="key-1")) != made


@pytest.mark.parametrize("key", ["", "x" * 256, "line\nbreak", "schlüssel"])
def test_a_key_that_is_none_is_refused(scene: Scene, line: Line, key: str) -> None:
    assert scene.write(line, HTTP_IDEMPOTENCY_KEY=key).status_code == 400
    assert values_of(scene) == 0


def test_a_refusal_is_not_remembered_and_stays_on_record(scene: Scene) -> None:
    reader = cast.new_player(scene.environment, "reader", read=True)
    assert scene.write(line_of(reader), HTTP_IDEMPOTENCY_KEY="key-1").status_code == 403
    assert len(recorded(scene, "mutator.executed", "refused")) == 1
    create = line_of(reader).post("/userstore/api/users", scene.write_body(), HTTP_IDEMPOTENCY_KEY="key-2")
    assert create.status_code == 403
    assert len(recorded(scene, "subject.created", "refused")) == 1
    with in_environment(scene.environment.id):
        assert not IdempotencyKey.objects.exists()


def test_an_error_is_not_remembered(scene: Scene, line: Line) -> None:
    assert scene.write(line, "no number", HTTP_IDEMPOTENCY_KEY="key-1").status_code == 400
    assert scene.write(line, NUMBER, HTTP_IDEMPOTENCY_KEY="key-1").status_code == 200


def test_neither_key_nor_answer_lies_in_the_clear_and_a_day_later_both_are_gone(scene: Scene, line: Line) -> None:
    token = {"data": "marked-data", "transformer_rid": {"id": str(UUID_TRANSFORMER)}}
    token["access_policy_rid"] = {"id": str(ALLOW_ALL)}  # type: ignore[assignment]  # JSON
    text = body(line.post("/tokenizer/tokens", token, HTTP_IDEMPOTENCY_KEY="marked-key"), 201)["data"]
    with in_environment(scene.environment.id):
        row = IdempotencyKey.objects.get()
        stored = bytes(row.answer) + bytes(row.key_digest) + bytes(row.request_digest)
    for mark in ("marked-key", "marked-data", text):
        assert mark.encode() not in stored
    assert forget_answers(now=timezone.now()) == 0
    assert forget_answers(now=timezone.now() + timedelta(hours=settings.USERSTORE_IDEMPOTENCY_HOURS, minutes=1)) == 1
    fresh = body(line.post("/tokenizer/tokens", token, HTTP_IDEMPOTENCY_KEY="marked-key"), 201)["data"]
    assert fresh != text


# --- Users ---------------------------------------------------------------------------------------------------------


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


# --- Consents ------------------------------------------------------------------------------------------------------


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


# --- Tokens --------------------------------------------------------------------------------------------------------


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
