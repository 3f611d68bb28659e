"""Definitions through the wire contract: what is read back, conflicts, paging, absent keys, bad input."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from governance.actions.environments import change_environment
from governance.identities import system_caller
from tests import cast
from tests.api.calling import (
    ALLOW_ALL,
    Line,
    Scene,
    body,
    line_of,
    new_scene,
)
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db

COLUMNS, PURPOSES = "/userstore/config/columns", "/userstore/config/purposes"
ACCESSORS, MUTATORS = "/userstore/config/accessors", "/userstore/config/mutators"
POLICIES, TEMPLATES = "/tokenizer/policies/access", "/tokenizer/policies/accesstemplate"
TRANSFORMERS = "/tokenizer/policies/transformation"
SCRIPT = "function policy(context, params) { return true; }"

begun, scene = beginning(new_scene)


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def test_a_column_made_on_the_wire_starts_unclassified_and_most_sensitive(line: Line) -> None:
    made = body(line.post(COLUMNS, {"column": {"name": "city", "type": "string", "index_type": "none"}}), 201)
    assert (made["pii_category"], made["sensitivity"]) == ("unclassified", 4)
    assert made["data_type"] == {"id": "d26b6d52-a8d7-4c2f-9efc-394eb90a3294", "name": "string"}
    tagged = {"column": {"name": "city", "pii_category": "address", "sensitivity": 2}}
    changed = body(line.put(f"{COLUMNS}/{made['id']}", tagged))
    assert (changed["pii_category"], changed["sensitivity"]) == ("address", 2)
    again = body(line.put(f"{COLUMNS}/{made['id']}", {"column": {"name": "town"}}))
    assert (again["name"], again["pii_category"], again["type"]) == ("town", "address", "string")
    assert line.delete(f"{COLUMNS}/{made['id']}").status_code == 204
    assert line.delete(f"{COLUMNS}/{made['id']}").status_code == 404


def test_the_server_takes_its_own_answers_back(scene: Scene, line: Line) -> None:
    for path, wrapper, public_id in (
        (COLUMNS, "column", scene.column),
        (ACCESSORS, "accessor", scene.accessor),
        (MUTATORS, "mutator", scene.mutator),
    ):
        shown = body(line.get(f"{path}/{public_id}"))
        assert body(line.put(f"{path}/{public_id}", {wrapper: shown})) == shown


def test_keys_are_matched_whatever_their_case_and_null_is_the_zero_value(line: Line) -> None:
    made = body(line.post(PURPOSES, {"PURPOSE": {"Name": "statistics", "DESCRIPTION": None, "Id": None}}), 201)
    assert (made["name"], made["description"], made["legal_basis"]) == ("statistics", "", "consent")


def test_a_conflict_says_what_is_there_and_whether_it_is_the_same(scene: Scene, line: Line) -> None:
    wanted = {"name": "city", "type": "string", "is_array": False, "index_type": "none", "default_value": ""}
    made = body(line.post(COLUMNS, {"column": wanted}), 201)
    same = body(line.post(COLUMNS, {"column": {**wanted, "id": str(uuid4())}}), 409)
    assert same["error"] == {"error": "There is a column named city.", "id": made["id"], "identical": True}
    other = body(line.post(COLUMNS, {"column": {**wanted, "type": "integer"}}), 409)
    assert other["error"]["identical"] is False


REFERRING: dict[str, Any] = {
    "columns": [{"column": {"name": "phone"}}],
    "access_policy": {"id": str(ALLOW_ALL)},
    "selector_config": {"where_clause": "{id} = ?"},
}
EITHER = {"policy_type": "composite_or", "components": [{"policy": {"id": str(ALLOW_ALL)}}]}
SHOUT = {"transform_type": "transform", "function": "function transform(data, params) { return data + '!'; }"}


@pytest.mark.parametrize(
    ("path", "wrapper", "wanted", "otherwise", "said"),
    [
        (
            ACCESSORS,
            "accessor",
            {**REFERRING, "purposes": [{"name": "operational"}]},
            {"description": "x"},
            "an accessor",
        ),
        (MUTATORS, "mutator", REFERRING, {"description": "x"}, "a mutator"),
        (TRANSFORMERS, "transformer", SHOUT, {"function": SHOUT["function"] + " "}, "a transformer"),
        (POLICIES, "access_policy", EITHER, {"policy_type": "composite_and"}, "an access policy"),
        (TEMPLATES, "access_policy_template", {"function": SCRIPT}, {"function": SCRIPT + " "}, "a policy template"),
    ],
    ids=["accessor", "mutator", "transformer", "policy", "template"],
)
def test_every_kind_of_definition_says_whether_the_one_there_is_the_same(
    line: Line, path: str, wrapper: str, wanted: dict[str, Any], otherwise: dict[str, Any], said: str
) -> None:
    asked = {"name": "Twin", **wanted}
    made = body(line.post(path, {wrapper: asked}), 201)
    same = body(line.post(path, {wrapper: {**asked, "id": str(uuid4())}}), 409)["error"]
    assert same == {"error": f"There is {said} named Twin.", "id": made["id"], "identical": True}
    for other in ({**asked, **otherwise}, {**asked, "name": "TWIN"}, {**asked, "name": "Else", "id": made["id"]}):
        told = body(line.post(path, {wrapper: other}), 409)["error"]
        assert (told["id"], told["identical"]) == (made["id"], False)


def test_a_reference_works_by_id_or_name_and_both_must_agree(scene: Scene, line: Line) -> None:
    def accessor(column: dict[str, str]) -> dict[str, Any]:
        return {
            "accessor": {
                "name": f"Get{uuid4().hex[:8]}",
                "columns": [{"column": column, "transformer": {"name": "passthroughunchangeddata"}}],
                "access_policy": {"id": str(ALLOW_ALL)},
                "selector_config": {"where_clause": "{id} = ?"},
                "purposes": [{"name": "Operational"}],
            }
        }

    by_name = body(line.post(ACCESSORS, accessor({"name": "PHONE"})), 201)
    assert by_name["columns"][0]["column"] == {"id": str(scene.column), "name": "phone"}
    assert by_name["consent_mode"] == "partial"
    body(line.post(ACCESSORS, accessor({"id": str(scene.column)})), 201)
    wrong = body(line.post(ACCESSORS, accessor({"id": str(scene.column), "name": "email"})), 400)
    assert wrong["field"] == "accessor.columns[0].column.name"
    body(line.post(ACCESSORS, accessor({"name": "nothing"})), 400)
    body(line.post(ACCESSORS, accessor({})), 400)


def test_a_bad_selector_is_told_with_its_position(scene: Scene, line: Line) -> None:
    shown = body(line.get(f"{ACCESSORS}/{scene.accessor}"))
    told = body(
        line.put(f"{ACCESSORS}/{scene.accessor}", {"accessor": {"selector_config": {"where_clause": "{id} = "}}}), 400
    )
    assert (told["field"], told["position"]) == ("selector_config.where_clause", 8)
    assert body(line.get(f"{ACCESSORS}/{scene.accessor}")) == shown


def test_lists_page_both_ways_and_always_say_where_they_are(line: Line) -> None:
    whole = body(line.get(f"{PURPOSES}?version=3"))
    ids = [row["id"] for row in whole["data"]]
    assert ids == sorted(ids)
    assert (whole["has_next"], whole["next"], whole["has_prev"], whole["prev"]) == (False, "end", False, "")
    forward, cursor = [], ""
    while cursor != "end":
        page = body(line.get(f"{PURPOSES}?limit=2&starting_after={cursor}"))
        forward += [row["id"] for row in page["data"]]
        cursor = page["next"]
    assert forward == ids
    last = body(line.get(f"{PURPOSES}?limit=2&ending_before=end"))
    assert [row["id"] for row in last["data"]] == ids[-2:]
    before = body(line.get(f"{PURPOSES}?limit=2&ending_before={last['prev']}"))
    assert [row["id"] for row in before["data"]] == ids[-4:-2]
    falling = body(line.get(f"{PURPOSES}?sort_order=descending"))
    assert [row["id"] for row in falling["data"]] == ids[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=1501", "limit=x", "limit=%C2%B2", "starting_after=&ending_before=end", "starting_after=x",
        "starting_after=id:x", "filter=('sensitivity',EQ,'1')", "sort_key=sensitivity", "sort_order=up",
    ],
)  # fmt: skip
def test_a_list_refuses_what_it_does_not_offer(line: Line, query: str) -> None:
    body(line.get(f"{PURPOSES}?{query}"), 400)


def test_policies_and_templates_are_found_by_name_and_change_by_version(line: Line) -> None:
    template = body(line.post(TEMPLATES, {"access_policy_template": {"name": "Always", "function": SCRIPT}}), 201)
    component = {"template": {"id": template["id"]}, "template_parameters": '{"a": 1}'}
    wanted = {
        "name": "Both",
        "policy_type": "composite_and",
        "components": [component, {"policy": {"name": "AllowAll"}}],
    }
    policy = body(line.post(POLICIES, {"access_policy": wanted}), 201)
    assert policy["components"][0] == {
        "template": {"id": template["id"], "name": "Always"},
        "template_parameters": '{"a":1}',
    }
    assert policy["components"][1] == {"policy": {"id": str(ALLOW_ALL), "name": "AllowAll"}}
    assert [row["id"] for row in body(line.get(f"{POLICIES}?policy_name=both&policy_version=0"))["data"]] == [
        policy["id"]
    ]
    assert line.get(f"{POLICIES}?policy_name=nobody").status_code == 404
    changed = body(line.put(f"{POLICIES}/{policy['id']}", {"access_policy": {**policy, "description": "changed"}}))
    assert (changed["version"], changed["description"]) == (1, "changed")
    stale = body(line.put(f"{POLICIES}/{policy['id']}", {"access_policy": policy}), 400)
    assert stale["field"] == "version"
    unsaid = {name: value for name, value in changed.items() if name != "version"}
    assert body(line.put(f"{POLICIES}/{policy['id']}", {"access_policy": unsaid}), 400)["field"].endswith("version")
    assert line.delete(f"{TEMPLATES}/{template['id']}?template_version=0").status_code == 409
    assert line.delete(f"{POLICIES}/{policy['id']}?policy_version=all").status_code == 204
    assert line.delete(f"{TEMPLATES}/{template['id']}?template_version=0").status_code == 204


def test_a_broken_script_is_told_with_its_line(line: Line) -> None:
    broken = {"name": "Broken", "function": "function policy(context, params) {\n  return (;\n}"}
    told = body(line.post(TEMPLATES, {"access_policy_template": broken}), 400)
    assert told["position"] == 2


def test_a_changed_text_of_a_native_transformer_is_a_script_again(line: Line) -> None:
    listed = body(line.get(f"{TRANSFORMERS}?transformer_name=EmailToID"))["data"][0]
    copy = {**listed, "id": None, "name": "MyMail", "native": ""}
    made = body(line.post(TRANSFORMERS, {"transformer": copy}), 201)
    assert made["native"] == "EmailToID"
    script = "function transform(data, params) { return 'x'; }"
    changed = body(line.put(f"{TRANSFORMERS}/{made['id']}", {"transformer": {"function": script, "version": 0}}))
    assert (changed["native"], changed["function"], changed["version"]) == ("", script, 1)


def test_a_purpose_that_values_still_carry_is_not_retired(scene: Scene, line: Line) -> None:
    made = body(line.post(PURPOSES, {"purpose": {"name": "statistics"}}), 201)
    write = scene.write_body()
    write["row_data"]["phone"]["purpose_additions"] = [{"id": made["id"]}]
    body(line.post("/userstore/api/mutators", write))
    told = body(line.delete(f"{PURPOSES}/{made['id']}"), 409)
    assert "stored values" in told["error"]["error"]
    unused = body(line.post(PURPOSES, {"purpose": {"name": "nothing"}}), 201)
    assert line.delete(f"{PURPOSES}/{unused['id']}").status_code == 204


@pytest.mark.parametrize(
    ("path", "wrapped"),
    [
        (COLUMNS, {"column": {"name": "x", "type": "weather"}}),
        (COLUMNS, {"column": {"name": "x", "type": "composite"}}),
        (COLUMNS, {"column": {"name": "x", "data_type": {"id": str(uuid4())}}}),
        (COLUMNS, {"column": {"name": "x\0", "type": "string"}}),
        (COLUMNS, {"column": {"name": 7, "type": "string"}}),
        (COLUMNS, {"column": {"name": "x", "type": "string", "is_array": "yes"}}),
        (COLUMNS, {"column": {"name": "x", "type": "string", "sensitivity": 9}}),
        (COLUMNS, {"column": {"name": "x", "type": "string", "constraints": {"immutable_required": True}}}),
        (COLUMNS, {"column": []}),
        (COLUMNS, {}),
        (COLUMNS, []),
        (COLUMNS, b"{"),
        (COLUMNS, b""),
        (PURPOSES, {"purpose": {"name": "x", "legal_basis": "because"}}),
        (PURPOSES, {"purpose": {"name": "x", "id": "no-uuid"}}),
        (POLICIES, {"access_policy": {"name": "x", "policy_type": "either", "components": []}}),
        (POLICIES, {"access_policy": {"name": "x", "policy_type": "composite_or", "components": [{}]}}),
        (TRANSFORMERS, {"transformer": {"name": "x", "transform_type": "magic"}}),
        (MUTATORS, {"mutator": {"name": "x"}}),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused_and_nothing_is_stored(line: Line, path: str, wrapped: Any) -> None:
    before = body(line.get(path))
    told = body(line.post(path, wrapped), 400)
    assert told["error"]
    assert told["request_id"]
    assert body(line.get(path)) == before


def test_a_protected_environment_refuses_changes_on_the_wire(scene: Scene, line: Line) -> None:
    change_environment(system_caller(scene.environment.id), description="", is_protected=True)
    told = body(line.post(PURPOSES, {"purpose": {"name": "statistics"}}), 403)
    assert told["decision_id"]
    assert "second person" in told["reasons"][0]
    assert body(line.get(PURPOSES))["data"]


def test_who_may_read_one_thing_sees_definitions_but_changes_none(scene: Scene) -> None:
    reader = line_of(cast.new_player(scene.environment, "reader", read=True))
    assert body(reader.get(f"{COLUMNS}/{scene.column}"))["name"] == "phone"
    assert reader.post(PURPOSES, {"purpose": {"name": "statistics"}}).status_code == 403
    assert reader.get("/governance/clients").status_code == 403
    assert UUID(body(reader.get(f"{ACCESSORS}/{scene.accessor}"))["id"]) == scene.accessor
