"""What columns of composite data types do, over the wire as the vendor's client has it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.calling import ALLOW_ALL, Line, Scene, body, new_scene
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db

TYPES, COLUMNS = "/userstore/config/datatypes", "/userstore/config/columns"
ACCESSORS, MUTATORS = "/userstore/config/accessors", "/userstore/config/mutators"
STRING = {"name": "string"}
HOME = {"street_address": "742 Evergreen Terrace", "city": "Springfield", "state": "IL", "zip": "62704"}
AWAY = {"street_address": "123 Main St", "city": "Pleasantville", "state": "CA", "zip": "94566"}
FIELDS = [{"data_type": STRING, "name": name} for name in ("Street_Address", "City", "State", "Zip")]
OPERATIONAL = [{"Name": "operational"}]

begun, scene = beginning(new_scene)


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def address(line: Line, *, include_id: bool = False, fields: Any = FIELDS) -> dict[str, Any]:
    asked = {"name": f"Address{uuid4().hex[:6]}", "description": "a US style address"}
    attributes = {"include_id": include_id, "fields": fields}
    return body(line.post(TYPES, {"data_type": {**asked, "composite_attributes": attributes}}), 201)


def column(line: Line, data_type: dict[str, Any], name: str = "homes", **asked: Any) -> dict[str, Any]:
    constraints = {
        **dict.fromkeys(["immutable_required", "partial_updates", "unique_id_required", "unique_required"], False),
        "fields": [{"type": "string", "name": each["name"]} for each in FIELDS],
        **asked.pop("constraints", {}),
    }
    wanted = {"name": name, "data_type": {"name": data_type["name"]}, "type": "composite", "constraints": constraints}
    return body(line.post(COLUMNS, {"column": {"index_type": "indexed", **wanted, **asked}}), 201)


class Store:
    """One composite column with a way in and a way out."""

    def __init__(self, scene: Scene, made: dict[str, Any], *, selector: str = "{id} = ?") -> None:
        self.line, self.subject, self.name = scene.line, str(scene.subject), made["name"]
        common = {"access_policy": {"id": str(ALLOW_ALL)}}
        columns = [{"column": {"id": made["id"]}}]
        self.mutator = body(
            self.line.post(
                MUTATORS,
                {"mutator": {"name": f"Set{uuid4().hex[:6]}", "columns": columns,
                             "selector_config": {"where_clause": "{id} = ?"}, **common}},
            ),
            201,
        )  # fmt: skip
        self.accessor = body(
            self.line.post(
                ACCESSORS,
                {"accessor": {"name": f"Get{uuid4().hex[:6]}", "columns": columns,
                              "selector_config": {"where_clause": selector},
                              "purposes": [{"name": "operational"}], **common}},
            ),
            201,
        )  # fmt: skip

    def write(self, *, status: int = 200, **change: Any) -> dict[str, Any]:
        asked = {
            "mutator_id": self.mutator["id"],
            "selector_values": [self.subject],
            "row_data": {self.name: {"purpose_additions": OPERATIONAL, **change}},
        }
        return body(self.line.post("/userstore/api/mutators", asked), status)

    def read(self, *values: Any) -> Any:
        asked = {"accessor_id": self.accessor["id"], "selector_values": list(values) or [self.subject]}
        rows = body(self.line.post("/userstore/api/accessors", asked))["data"]
        return json.loads(json.loads(rows[0])[self.name]) if rows else None


def test_values_are_json_or_its_text_and_come_back_as_their_fields(scene: Scene, line: Line) -> None:
    store = Store(scene, column(line, address(line)))
    store.write(value=json.dumps(HOME))
    assert store.read() == HOME
    store.write(value={key.title(): text if key != "zip" else None for key, text in AWAY.items()})
    assert store.read() == {key: text for key, text in AWAY.items() if key != "zip"}
    store.write(value=None)
    assert store.read() is None


@pytest.mark.parametrize("value", [{"street": "x"}, {"city": 7}, "no json", [], {"City": "a", "city": "b"}, 7])
def test_a_value_that_does_not_fit_is_refused_without_being_repeated(scene: Scene, line: Line, value: Any) -> None:
    store = Store(scene, column(line, address(line)))
    told = store.write(value=value, status=400)
    assert told["field"] == "homes.value"
    assert "no json" not in told["error"]


def test_a_missing_required_field_and_an_unknown_one_are_named(scene: Scene, line: Line) -> None:
    made = address(line, fields=[{**FIELDS[0], "required": True}, FIELDS[1]])
    store = Store(scene, column(line, made, constraints={"fields": []}))
    assert "street_address" in store.write(value={"city": "Springfield"}, status=400)["error"]
    assert "planet" in store.write(value={"street_address": "x", "planet": "x"}, status=400)["error"]
    store.write(value={"street_address": "x"})


def test_the_vendors_addresses_are_added_one_by_one_and_found_by_a_field(scene: Scene, line: Line) -> None:
    made = column(
        line, address(line), is_array=True, constraints={"partial_updates": True, "unique_required": True}
    )  # fmt: skip
    store = Store(scene, made, selector="{homes}->>'street_address' LIKE (?) AND NOT {homes}->>'city' = (?)")
    store.write(value_additions=json.dumps([HOME, AWAY]))
    assert store.read("%Evergreen%", "Nowhere") == [HOME, AWAY]
    assert store.read("%Evergreen%", "Springfield") is None
    assert store.read("%green_", "x") is None
    store.write(value_additions=[HOME])
    assert store.read("123%", "") == [HOME, AWAY]
    gone = {"value_deletions": json.dumps([HOME]), "purpose_additions": None}
    store.write(**gone)
    assert store.read("%", "") == [AWAY]


@pytest.mark.parametrize(
    "selector", ["{homes} LIKE ?", "{homes}->>'street' = ?", "{phone}->>'city' = ?", "{homes} < ?"]
)
def test_a_selector_that_misreads_a_composite_column_is_refused(scene: Scene, line: Line, selector: str) -> None:
    made = column(line, address(line))
    asked = {"name": "Get", "columns": [{"column": {"id": made["id"]}}], "access_policy": {"id": str(ALLOW_ALL)},
             "selector_config": {"where_clause": selector}, "purposes": [{"name": "operational"}]}  # fmt: skip
    assert body(line.post(ACCESSORS, {"accessor": asked}), 400)["field"] == "selector_config.where_clause"


def test_whole_values_are_found_by_the_index_whatever_the_ignored_fields_say(scene: Scene, line: Line) -> None:
    fields = [*FIELDS, {"data_type": STRING, "name": "Note", "ignore_for_uniqueness": True}]
    made = column(line, address(line, fields=fields), constraints={"fields": []})
    store = Store(scene, made, selector="{homes} = ?")
    store.write(value={**HOME, "note": "ring twice"})
    assert store.read(json.dumps(HOME)) == {**HOME, "note": "ring twice"}
    assert store.read({**HOME, "city": "Shelbyville"}) is None
    store.write(value={**HOME, "note": "ring once"})
    assert store.read(HOME)["note"] == "ring once"


IDS = {"is_array": True, "constraints": {"partial_updates": True, "unique_id_required": True, "fields": []}}


def test_values_with_ids_are_replaced_in_place_and_get_ids_where_they_have_none(scene: Scene, line: Line) -> None:
    store = Store(scene, column(line, address(line, include_id=True), **IDS))
    store.write(value_additions=[HOME, {**AWAY, "id": "away"}])
    first, second = store.read()
    assert UUID(first.pop("id"))
    assert (first, second) == (HOME, {**AWAY, "id": "away"})
    moved = {**HOME, "city": "Shelbyville", "id": "away"}
    store.write(value_additions=[moved])
    assert store.read()[1] == moved
    assert "id occurs twice" in store.write(value_additions=[moved, {**HOME, "id": "away"}], status=400)["error"]
    store.write(value_deletions=[{"id": "away"}], purpose_additions=None)
    assert len(store.read()) == 1
    store.write(value_deletions=[HOME], purpose_additions=None, status=400)


def test_immutable_values_come_and_go_and_never_change(scene: Scene, line: Line) -> None:
    asked = {**IDS, "constraints": {**IDS["constraints"], "immutable_required": True, "unique_required": True}}
    store = Store(scene, column(line, address(line, include_id=True), **asked))
    store.write(value_additions=[{**HOME, "id": "home"}])
    told = store.write(value_additions=[{**AWAY, "id": "home"}], status=400)
    assert (told["field"], "never change" in told["error"]) == ("homes", True)
    store.write(value_additions=[{**HOME, "id": "other"}], status=409)
    store.write(value_additions=[{**HOME, "id": "home"}])
    user = f"/authn/users/{store.subject}"
    profile = body(line.get(user))["profile"]
    assert body(line.put(user, {"profile": profile}))["profile"]["homes"] == profile["homes"]
    body(line.put(user, {"profile": {"homes": []}}), 400)
    store.write(value_deletions=[{"id": "home"}], purpose_additions=None)
    assert store.read() is None


@pytest.mark.parametrize(
    ("type_name", "asked"),
    [
        ("canonical_address", {"constraints": {"immutable_required": True}}),
        ("string", {"constraints": {"unique_id_required": True}}),
        ("string", {"constraints": {"immutable_required": True, "unique_id_required": True}}),
        ("canonical_address", {"constraints": {"partial_updates": True, "unique_id_required": True}}),
        ("string", {"is_array": True, "constraints": {"partial_updates": True}}),
        ("canonical_address", {"index_type": "unique"}),
        ("boolean", {"index_type": "unique"}),
        ("canonical_address", {"default_value": "no json"}),
        ("canonical_address", {"constraints": {"fields": [{"type": "string", "name": "Planet"}]}}),
        ("string", {"constraints": {"fields": [{"type": "string", "name": "Planet"}]}}),
    ],
)
def test_constraints_that_contradict_each_other_are_refused(line: Line, type_name: str, asked: dict[str, Any]) -> None:
    body(line.post(COLUMNS, {"column": {"name": "odd", "data_type": {"name": type_name}, **asked}}), 400)


def test_a_column_of_the_provisioned_address_is_told_as_old_clients_know_it(line: Line) -> None:
    made = body(line.post(COLUMNS, {"column": {"name": "home", "type": "address"}}), 201)
    assert (made["type"], made["data_type"]["name"]) == ("address", "canonical_address")
    assert made["constraints"]["fields"][-1]["struct_name"] == "id"
    assert body(line.put(f"{COLUMNS}/{made['id']}", {"column": made})) == made
    for change in (
        {"type": "string"},
        {"data_type": STRING},
        {"is_array": True},
        {"table": "pets"},
        {"index_type": "unique"},
        {"constraints": {"unique_id_required": True}},
        {"constraints": {"unique_required": True}},
    ):
        body(line.put(f"{COLUMNS}/{made['id']}", {"column": change}), 400)
    assert body(line.get(f"{COLUMNS}/{made['id']}")) == made


def test_a_default_value_is_written_where_the_call_asks_for_it(scene: Scene, line: Line) -> None:
    store = Store(scene, column(line, address(line), default_value=json.dumps(HOME)))
    store.write(value="UCDEF-7f55f479-3822-4976-a8a9-b789d5c6f152")
    assert store.read() == HOME


def test_integers_and_booleans_of_an_array_are_what_json_has_for_them(scene: Scene, line: Line) -> None:
    made = body(line.post(COLUMNS, {"column": {"name": "scores", "type": "integer", "is_array": True}}), 201)
    store = Store(scene, made)
    store.write(value=["3", 1])
    assert store.read() == [3, 1]
