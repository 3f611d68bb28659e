"""Every call names the decision it rests on, and the book's entry of that call names the same one."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client as Browser

from tests import cast
from tests.api.calling import ALLOW_ALL, UUID_TRANSFORMER, Line, Scene, body, line_of, new_scene, recorded
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "X-Sealbook-Decision"
PAIR = {"transformer_rid": {"id": str(UUID_TRANSFORMER)}, "access_policy_rid": {"id": str(ALLOW_ALL)}}
TOKENS = "/tokenizer/tokens"
CALLS = [
    ("token.created", "POST", TOKENS, {"data": "x", **PAIR}),
    ("token.resolved", "POST", f"{TOKENS}/actions/resolve", {"tokens": ["{token}"], "context": {}, "purposes": []}),
    ("token.inspected", "POST", f"{TOKENS}/actions/inspect", {"token": "{token}", "context": {}}),
    ("token.looked_up", "POST", f"{TOKENS}/actions/lookup", {"data": "y", **PAIR}),
    ("token.created", "POST", f"{TOKENS}/actions/lookuporcreate",
     {"data": ["new"], **{f"{name}s": [reference] for name, reference in PAIR.items()}}),
    ("token.deleted", "DELETE", TOKENS + "?token={token}", None),
    ("subject.created", "POST", "/authn/users", {}),
    ("consent.read", "POST", "/userstore/api/consentedpurposes", {"user_id": "{user}", "columns": []}),
    ("consent.read", "POST", "/userstore/api/consents/list", {"user_id": "{user}"}),
    ("consent.changed", "POST", "/userstore/api/consents",
     {"user_id": "{user}", "purpose": "marketing", "permitted": False}),
    ("accessor.executed", "POST", "/userstore/api/accessors",
     {"accessor_id": "{accessor}", "selector_values": ["{user}"]}),
    ("subject.deleted", "DELETE", "/authn/users/{user}", None),
]  # fmt: skip


begun, scene = beginning(new_scene)


def sent(scene: Scene, line: Line, method: str, path: str, asked: Any, **headers: str) -> HttpResponse:
    token = body(scene.line.post(TOKENS, {"data": "y", **PAIR}), 201)["data"]
    known = {"{token}": token, "{user}": str(scene.subject), "{accessor}": str(scene.accessor)}

    def filled(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: filled(value) for key, value in part.items()}
        if isinstance(part, list):
            return [filled(value) for value in part]
        for name, value in known.items():
            part = part.replace(name, value) if isinstance(part, str) else part
        return part

    return line.send(method, filled(path), filled(asked), **headers)


@pytest.mark.parametrize(("kind", "method", "path", "asked"), CALLS)
def test_an_answer_and_its_entry_name_one_decision(scene: Scene, kind: str, method: str, path: str, asked: Any) -> None:
    answer = sent(scene, scene.line, method, path, asked)
    assert answer.status_code in (200, 201, 204), answer.content
    assert answer[HEADER] == str(recorded(scene, kind)[0].decision_id)


@pytest.mark.parametrize(("kind", "method", "path", "asked"), CALLS)
def test_a_refusal_to_an_outsider_names_the_decision_on_record(
    scene: Scene, kind: str, method: str, path: str, asked: Any
) -> None:
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    answer = sent(scene, outsider, method, path, asked)
    assert answer.status_code == 403, answer.content
    told = [*recorded(scene, kind, "refused"), *recorded(scene, "call.refused", "refused")]
    assert [str(entry.decision_id) for entry in told] == [answer[HEADER]]


def test_an_answer_that_is_repeated_names_the_decision_it_was_made_under(scene: Scene) -> None:
    key = uuid4().hex
    first, again = (
        scene.line.post("/authn/users", {}, HTTP_IDEMPOTENCY_KEY=key),
        scene.line.post("/authn/users", {}, HTTP_IDEMPOTENCY_KEY=key),
    )
    assert first[HEADER] == again[HEADER]


def test_a_frozen_purpose_that_a_call_states_refuses_it_through_the_api(scene: Scene) -> None:
    marketing = cast.new_purpose(scene.environment, "marketing").public_id
    token = body(scene.line.post(TOKENS, {"data": "y", **PAIR}), 201)["data"]
    asked = {"tokens": [token], "context": {}, "purposes": [{"id": str(marketing)}]}
    resolve = f"{TOKENS}/actions/resolve"
    assert body(scene.line.post(resolve, asked)) == [{"token": token, "data": "y"}]
    body(scene.line.post("/governance/freezes", {"kind": "purpose", "target_id": str(marketing)}), 201)
    refused = scene.line.post(resolve, asked)
    assert refused.status_code == 403
    assert [str(each.decision_id) for each in recorded(scene, "token.resolved", "refused")] == [refused[HEADER]]
    assert body(scene.line.post(resolve, {**asked, "purposes": []})) == [{"token": token, "data": "y"}]


def test_the_document_names_the_header_of_every_one_of_these_calls() -> None:
    paths = Browser().get("/schema.json").json()["paths"]
    for _, method, path, _ in CALLS:
        described = paths[path.partition("?")[0].replace("{user}", "{subject_id}")][method.lower()]
        done = next(answer for code, answer in described["responses"].items() if code.startswith("2"))
        assert HEADER in done["headers"] and HEADER in described["responses"]["403"]["headers"], path
