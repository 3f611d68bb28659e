"""Trying policies and transformers out: the real sandbox answers, nothing is stored, and the book knows."""

from __future__ import annotations

from typing import Any

import pytest

from governance.actions.environments import change_environment
from governance.identities import system_caller
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import ALLOW_ALL, UUID_TRANSFORMER, Line, Scene, body, line_of, new_scene, recorded
from tests.beginnings import beginning
from userstore.models import Token

ACCESS, TEMPLATE = "/tokenizer/policies/access/actions", "/tokenizer/policies/accesstemplate/actions/test"
TRANSFORM = "/tokenizer/policies/transformation/actions"
IS_ADULT = "function policy(context, params) { return context.user.age >= params.least; }"
MARK = "somebody@example.com"

begun, scene = beginning(new_scene)


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def tried(line: Line, function: str, **context: Any) -> dict[str, Any]:
    asked = {"access_policy_template": {"function": function}, "params": '{"least": 18}', "context": context}
    answer: dict[str, Any] = body(line.post(TEMPLATE, asked))
    return answer


@pytest.mark.django_db
def test_a_script_is_tried_with_a_made_up_person_claim_and_network(line: Line) -> None:
    assert tried(line, IS_ADULT, user={"age": 18})["allowed"] is True
    assert tried(line, IS_ADULT, user={"age": 17})["allowed"] is False
    claims = "function policy(context, params) { return context.client.reason === 'fraud'; }"
    assert tried(line, claims, client={"reason": "fraud"})["allowed"] is True
    network = "function policy(context, params) { return context.server.ip_address === '10.1.2.3'; }"
    assert tried(line, network, server={"ip_address": "10.1.2.3"})["allowed"] is True
    failed = tried(line, IS_ADULT)
    assert (failed["allowed"], failed["debug"]["faults"]) == (False, ["Tried: error"])


@pytest.mark.django_db
def test_a_policy_is_tried_rule_by_rule_and_the_stored_one_is_asked_the_same_way(line: Line) -> None:
    inside = {"template": {"name": "ObservedNetwork"}, "template_parameters": '{"networks": ["10.0.0.0/8"]}'}
    asked = {"policy_type": "composite_and", "components": [inside, {"policy": {"name": "AllowAll"}}]}
    for address, allowed in (("10.1.2.3", True), ("192.0.2.1", False)):
        context = {"server": {"ip_address": address}}
        answer = body(line.post(f"{ACCESS}/test", {"access_policy": asked, "context": context}))
        assert answer["allowed"] is allowed
        assert answer["debug"]["reasons"][0] == f"ObservedNetwork: {'allows' if allowed else 'refuses'}"
    stored = body(line.post("/tokenizer/policies/access", {"access_policy": {**asked, "name": "Inside"}}), 201)
    rid = {"access_policy_rid": {"id": stored["id"]}}
    outside = {**rid, "context": {"server": {"ip_address": "192.0.2.1"}}}
    assert body(line.post(f"{ACCESS}/execute", outside))["allowed"] is False
    assert (
        body(line.post(f"{ACCESS}/execute", {**rid, "context": {"server": {"ip_address": "::1"}}}))["allowed"] is False
    )
    assert body(line.get("/tokenizer/policies/access?policy_name=Inside"))["data"] == [stored]


@pytest.mark.django_db
def test_a_transformer_is_tried_and_makes_up_tokens_that_it_does_not_keep(scene: Scene, line: Line) -> None:
    shout = {
        "function": "function transform(data, params) { return data + params.mark; }",
        "parameters": '{"mark":"!"}',
    }
    for kind in ("transform", "passthrough"):  # one that passes through is tried by its function
        asked = {"transformer": {**shout, "transform_type": kind}, "data": "hello"}
        assert body(line.post(f"{TRANSFORM}/test", asked))["value"] == "hello!"
    stored = {"transformer_rid": {"id": str(UUID_TRANSFORMER)}, "data": "hello"}
    tokens = {body(line.post(f"{TRANSFORM}/execute", stored))["value"] for _ in range(2)}
    assert len(tokens) == 2
    with in_environment(scene.environment.id):
        assert not Token.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (f"{ACCESS}/test", {"access_policy": {"components": []}}),
        (f"{ACCESS}/test", {"access_policy": {"policy_type": "either", "components": [{}]}}),
        (f"{ACCESS}/test", {"access_policy": {"components": [{"policy": {"name": "nobody"}}]}}),
        (f"{ACCESS}/execute", {"access_policy_rid": {"name": "nobody"}}),
        (f"{ACCESS}/execute", {"access_policy_rid": {"name": "AllowAll"}, "context": {"server": {"ip_address": "x"}}}),
        (TEMPLATE, {"access_policy_template": {"function": "function policy( {"}}),
        (TEMPLATE, {"access_policy_template": {"function": IS_ADULT}, "params": "[]"}),
        (f"{TRANSFORM}/test", {"transformer": {"function": "function transform(data) { throw data }"}, "data": MARK}),
        (f"{TRANSFORM}/test", {"transformer": {"transform_type": "magic"}, "data": "x"}),
        (f"{TRANSFORM}/execute", {"transformer_rid": {"name": "nobody"}, "data": "x"}),
    ],
)  # fmt: skip
def test_what_could_not_be_published_cannot_be_tried(scene: Scene, path: str, asked: dict[str, Any]) -> None:
    told = scene.line.post(path, asked)
    assert body(told, 400)["error"]
    assert MARK not in told.content.decode()


@pytest.mark.django_db(transaction=True)
def test_who_may_not_configure_tries_nothing_and_the_book_knows_who_tried_what_without_the_data(scene: Scene) -> None:
    reader = line_of(cast.new_player(scene.environment, "reader", read=True))
    template = {"access_policy_template": {"function": IS_ADULT}, "context": {"user": {"age": 1, "mail": MARK}}}
    transformer = {"transformer": {"function": "function transform(data, params) { return data; }"}, "data": MARK}
    policy = {"access_policy": {"components": [{"policy": {"id": str(ALLOW_ALL)}}]}}
    calls = ((TEMPLATE, template), (f"{TRANSFORM}/test", transformer), (f"{ACCESS}/test", policy))
    for path, asked in calls:
        assert reader.post(path, asked).status_code == 403
        answer = scene.line.post(path, asked)
        assert answer.status_code == 200, answer.content
        assert answer.headers["X-Sealbook-Decision"]
    for kind in ("policy_template.tried", "transformer.tried", "access_policy.tried"):
        (entry,) = recorded(scene, kind)
        assert entry.actor == scene.service.caller.actor
        assert MARK not in str(entry.facts)
    assert len(recorded(scene, "call.refused", "refused")) == len(calls)


@pytest.mark.django_db
def test_in_a_protected_environment_only_what_is_published_runs(scene: Scene, line: Line) -> None:
    change_environment(system_caller(scene.environment.id), description="", is_protected=True)
    draft = {"access_policy_template": {"function": IS_ADULT}}
    assert "second person" in body(line.post(TEMPLATE, draft), 403)["reasons"][0]
    assert body(line.post(f"{ACCESS}/execute", {"access_policy_rid": {"id": str(ALLOW_ALL)}}))["allowed"] is True


@pytest.mark.django_db
def test_whoever_tries_a_draft_hears_what_it_says_to_the_console_within_bounds(line: Line) -> None:
    talk = "console.log('age', context.user, undefined, 1n); console.warn('x'.repeat(5000));"
    heard = tried(line, f"function policy(context, params) {{ {talk} return true; }}", user={"age": 18})
    assert heard["allowed"] is True
    assert heard["debug"]["console"] == ['age {"age":18} undefined ?', "x" * 1000]
    chatter = "function policy(context, params) { for (let i = 0; i < 9000; i++) console.log(i); return true; }"
    assert tried(line, chatter)["debug"]["console"] == [str(number) for number in range(100)]
    assert tried(line, chatter)["debug"]["console"] == [str(number) for number in range(100)]
    policy = {"components": [{"template": {"name": "AllowAll"}}]}
    assert body(line.post(f"{ACCESS}/test", {"access_policy": policy}))["debug"]["console"] == []
    function = "function transform(data, params) { console.log(data); return 'y'; }"
    draft = {"transformer": {"function": function}, "data": MARK}
    assert body(line.post(f"{TRANSFORM}/test", draft)) == {"value": "y", "debug": {"console": [MARK]}}


@pytest.mark.django_db
def test_nobody_hears_what_a_published_script_says(line: Line) -> None:
    function = "function transform(data, params) { console.log(data); return 'y'; }"
    asked = {"transformer": {"name": "Talking", "function": function, "transform_type": "transform"}}
    made = body(line.post("/tokenizer/policies/transformation", asked), 201)
    told = {"transformer_rid": {"id": made["id"]}, "data": MARK}
    assert body(line.post(f"{TRANSFORM}/execute", told)) == {"value": "y", "debug": {"console": []}}
    named = "function transform(data, params) { writeLine(data); return 'y'; }"
    assert line.post(f"{TRANSFORM}/test", {"transformer": {"function": named}, "data": MARK}).status_code == 400
