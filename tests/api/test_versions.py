"""Versions on the wire: each is listed and readable, one is retired alone, and the one below holds again."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from keyring.walls import in_environment
from tests.api.calling import ALLOW_ALL, Line, Scene, body, new_scene
from tests.beginnings import beginning
from userstore.models import Token

pytestmark = pytest.mark.django_db

POLICIES, TEMPLATES = "/tokenizer/policies/access", "/tokenizer/policies/accesstemplate"
TRANSFORMERS = "/tokenizer/policies/transformation"
ACCESSORS, MUTATORS, COLUMNS = "/userstore/config/accessors", "/userstore/config/mutators", "/userstore/config/columns"
YES, NO = (f"function policy(context, params) {{ return {answer}; }}" for answer in ("true", "false"))

begun, scene = beginning(new_scene)


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def template(line: Line, *functions: str) -> dict[str, Any]:
    """A template with one version per function."""
    made = body(line.post(TEMPLATES, {"access_policy_template": {"name": "Rule", "function": functions[0]}}), 201)
    for function in functions[1:]:
        asked = {"access_policy_template": {**made, "function": function}}
        made = body(line.put(f"{TEMPLATES}/{made['id']}", asked))
    return made


def policy(line: Line, *components: dict[str, Any]) -> dict[str, Any]:
    """A policy with one version per component."""
    wanted = {"name": "Versioned", "policy_type": "composite_and", "components": [components[0]]}
    made = body(line.post(POLICIES, {"access_policy": wanted}), 201)
    for component in components[1:]:
        made = body(line.put(f"{POLICIES}/{made['id']}", {"access_policy": {**made, "components": [component]}}))
    return made


def of(made: dict[str, Any], parameters: str = "{}") -> dict[str, Any]:
    return {"template": {"id": made["id"], "name": made["name"]}, "template_parameters": parameters}


def versions(line: Line, path: str, **wanted: str) -> list[int]:
    filtered = f"&filter=('name',EQ,'{wanted['name']}')" if wanted else ""
    return [row["version"] for row in body(line.get(f"{path}?versioned=true{filtered}"))["data"]]


def test_every_version_is_listed_and_readable_until_it_is_retired(line: Line) -> None:
    rule = template(line, YES, NO)
    made = policy(line, of(rule), of(rule, '{"a":1}'), of(rule, '{"a":2}'))
    address = f"{POLICIES}/{made['id']}"
    assert made["version"] == 2
    assert versions(line, POLICIES, name="Versioned") == [0, 1, 2]
    assert [row["version"] for row in body(line.get(f"{POLICIES}?policy_name=versioned"))["data"]] == [2]
    for version, parameters in ((0, "{}"), (1, '{"a":1}'), (2, '{"a":2}')):
        shown = body(line.get(f"{address}?policy_version={version}"))
        assert shown == {**made, "version": version, "components": [of(rule, parameters)]}
        assert body(line.get(f"{POLICIES}?policy_name=Versioned&policy_version={version}"))["data"] == [shown]
    assert line.get(f"{address}?policy_version=3").status_code == 404
    assert line.get(f"{address}?policy_version=x").status_code == 400
    assert line.delete(f"{address}?policy_version=1").status_code == 204
    assert line.get(f"{address}?policy_version=1").status_code == 404
    assert line.delete(f"{address}?policy_version=1").status_code == 404
    assert versions(line, POLICIES, name="Versioned") == [0, 2]


def test_pages_of_versions_are_walked_both_ways(line: Line) -> None:
    template(line, YES, NO, YES, NO)
    whole = body(line.get(f"{TEMPLATES}?versioned=true&sort_key=name"))["data"]
    assert [row["version"] for row in whole if row["name"] == "Rule"] == [0, 1, 2, 3]
    for first, stop, side, follow in (("", "end", "starting_after", "next"), ("end", "", "ending_before", "prev")):
        pages, cursor = [], first
        while True:
            page = body(line.get(f"{TEMPLATES}?versioned=true&sort_key=name&limit=3&{side}={cursor}"))
            pages.append(page["data"])
            cursor = page[follow]
            if cursor == stop:
                break
        rows = [row for part in (pages if side == "starting_after" else pages[::-1]) for row in part]
        assert rows == whole
    assert line.get(f"{TEMPLATES}?versioned=true&starting_after=id:{uuid4()}").status_code == 400
    assert line.get(f"{TEMPLATES}?versioned=true&starting_after=version:x,id:{uuid4()}").status_code == 400


def test_when_the_newest_version_is_retired_the_one_below_holds_again_and_decides(scene: Scene, line: Line) -> None:
    rule = template(line, YES)
    made = policy(line, of(rule))
    shown = body(line.get(f"{ACCESSORS}/{scene.accessor}"))
    body(line.put(f"{ACCESSORS}/{scene.accessor}", {"accessor": {**shown, "access_policy": {"id": made["id"]}}}))
    assert scene.write(line).status_code == 200
    assert scene.numbers(line)
    changed = {
        "access_policy": {**made, "components": [of(body(line.get(f"{TEMPLATES}?template_name=DenyAll"))["data"][0])]}
    }
    assert body(line.put(f"{POLICIES}/{made['id']}", changed))["version"] == 1
    assert not scene.numbers(line)
    assert line.delete(f"{POLICIES}/{made['id']}?policy_version=1").status_code == 204
    assert scene.numbers(line)
    assert body(line.get(f"{POLICIES}/{made['id']}")) == made
    used = body(line.delete(f"{POLICIES}/{made['id']}?policy_version=0"), 409)
    assert "GetPhone" in used["error"]["error"]
    assert line.delete(f"{POLICIES}/{made['id']}?policy_version=all").status_code == 409
    again = {"access_policy": {**made, "description": "again"}}
    assert body(line.put(f"{POLICIES}/{made['id']}", again))["version"] == 1
    assert versions(line, POLICIES, name="Versioned") == [0, 1]


def test_the_last_version_takes_the_definition_with_it(line: Line) -> None:
    rule = template(line, YES, NO)
    made = policy(line, of(rule))
    address = f"{TEMPLATES}/{rule['id']}"
    assert line.delete(f"{address}?template_version=1").status_code == 204
    assert body(line.get(address))["function"] == YES
    assert line.delete(f"{address}?template_version=0").status_code == 409
    assert line.delete(f"{POLICIES}/{made['id']}?policy_version=0").status_code == 204
    assert line.delete(f"{address}?template_version=0").status_code == 204
    assert line.get(address).status_code == 404
    remade = body(line.post(TEMPLATES, {"access_policy_template": {**rule, "function": NO}}), 201)
    assert (remade["id"], versions(line, TEMPLATES, name="Rule")) == (rule["id"], [0])


def test_a_version_that_names_what_is_gone_cannot_hold_again(line: Line) -> None:
    rule = template(line, YES)
    made = policy(line, of(rule), {"policy": {"id": str(ALLOW_ALL)}})
    assert line.delete(f"{TEMPLATES}/{rule['id']}?template_version=all").status_code == 204
    former = body(line.get(f"{POLICIES}/{made['id']}?policy_version=0"))
    assert former["components"][0]["template"] == {"id": rule["id"], "name": ""}
    told = body(line.delete(f"{POLICIES}/{made['id']}?policy_version=1"), 409)
    assert "Version 0 cannot hold again" in told["error"]["error"]
    assert body(line.get(f"{POLICIES}/{made['id']}"))["version"] == 1
    assert line.delete(f"{POLICIES}/{made['id']}?policy_version=0").status_code == 204
    assert line.delete(f"{POLICIES}/{made['id']}?policy_version=1").status_code == 204


def test_a_retired_version_does_not_come_back_under_a_name_that_is_taken(line: Line) -> None:
    rule = template(line, YES)
    address = f"{TEMPLATES}/{rule['id']}"
    body(line.put(address, {"access_policy_template": {**rule, "name": "Renamed"}}))
    body(line.post(TEMPLATES, {"access_policy_template": {"name": "Rule", "function": NO}}), 201)
    assert "another policy template" in body(line.delete(f"{address}?template_version=1"), 409)["error"]["error"]


def test_what_an_environment_is_furnished_with_has_its_first_version_kept(line: Line) -> None:
    (baseline,) = body(line.get(f"{POLICIES}?policy_name=GlobalBaselinePolicyForAccessors"))["data"]
    address = f"{POLICIES}/{baseline['id']}"
    assert body(line.put(address, {"access_policy": {**baseline, "description": "ours"}}))["version"] == 1
    assert body(line.get(f"{address}?policy_version=0")) == baseline
    assert line.delete(f"{address}?policy_version=1").status_code == 204
    assert body(line.get(address)) == baseline
    assert line.delete(f"{POLICIES}/{ALLOW_ALL}?policy_version=0").status_code == 400


def test_a_token_shows_the_transformer_as_it_was_when_it_was_made(scene: Scene, line: Line) -> None:
    first = "function transform(data, params) { return 'first-' + data.length; }"
    wanted = {"name": "Counting", "transform_type": "tokenizebyvalue", "function": first}
    made = body(line.post(TRANSFORMERS, {"transformer": wanted}), 201)
    asked = {"data": "raw", "transformer_rid": {"id": made["id"]}, "access_policy_rid": {"id": str(ALLOW_ALL)}}
    token = body(line.post("/tokenizer/tokens", asked), 201)["data"]
    address = f"{TRANSFORMERS}/{made['id']}"
    second = body(line.put(address, {"transformer": {**made, "function": first.replace("first", "second")}}))
    assert (second["version"], versions(line, TRANSFORMERS, name="Counting")) == (1, [0, 1])
    shown = body(line.post("/tokenizer/tokens/actions/inspect", {"token": token}))
    assert shown["transformer"] == made
    assert line.delete(address).status_code == 409
    assert line.delete(f"{address}?transformer_version=0").status_code == 204
    assert body(line.post("/tokenizer/tokens/actions/inspect", {"token": token}))["transformer"] == made
    with in_environment(scene.environment.id):
        Token.objects.all().delete()
    assert line.delete(address).status_code == 204


@pytest.mark.parametrize(
    ("path", "wrapper", "parameter"),
    [(ACCESSORS, "accessor", "accessor_version"), (MUTATORS, "mutator", "mutator_version")],
)
def test_former_versions_of_methods_stay_readable_as_the_columns_in_them_are_called_now(
    scene: Scene, line: Line, path: str, wrapper: str, parameter: str
) -> None:
    address = f"{path}/{scene.accessor if wrapper == 'accessor' else scene.mutator}"
    first = body(line.get(address))
    assert (
        body(line.put(address, {wrapper: {**first, "selector_config": {"where_clause": "{phone} = ?"}}}))["version"]
        == 1
    )
    assert body(line.get(f"{address}?{parameter}=0")) == first
    body(line.put(f"{COLUMNS}/{scene.column}", {"column": {"name": "mobile"}}))
    renamed = body(line.get(address))
    assert (renamed["version"], renamed["selector_config"]["where_clause"]) == (2, "{mobile} = ?")
    assert body(line.get(f"{address}?{parameter}=1"))["selector_config"]["where_clause"] == "{phone} = ?"
    assert body(line.get(f"{address}?{parameter}=0"))["columns"][0]["column"] == {
        "id": str(scene.column),
        "name": "mobile",
    }
    assert versions(line, path, name=first["name"]) == [0, 1, 2]
    again = {wrapper: {**renamed, "columns": renamed["columns"][::-1]}}
    assert body(line.put(address, again)) == renamed
    assert versions(line, path, name=first["name"]) == [0, 1, 2]
    assert UUID(first["id"]) == UUID(renamed["id"])
