"""Defining, changing and retiring data types over the wire."""

from __future__ import annotations

from typing import Any

import pytest

from tests import cast
from tests.api.calling import Line, Scene, body, line_of, new_scene
from tests.api.test_composite_columns import COLUMNS, FIELDS, STRING, TYPES, address, column
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db

begun, scene = beginning(new_scene)


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def test_a_composite_data_type_derives_the_names_of_its_fields_and_is_found_again(line: Line) -> None:
    made = address(line, include_id=True)
    told = made["composite_attributes"]
    assert told["include_id"]
    assert [(f["name"], f["struct_name"], f["camel_case_name"]) for f in told["fields"]] == [
        ("Street_Address", "street_address", "StreetAddress"), ("City", "city", "City"), ("State", "state", "State"),
        ("Zip", "zip", "Zip"), ("ID", "id", "ID"),
    ]  # fmt: skip
    assert told["fields"][0]["data_type"] == {"id": "d26b6d52-a8d7-4c2f-9efc-394eb90a3294", "name": "string"}
    assert body(line.get(f"{TYPES}/{made['id']}")) == made
    assert body(line.put(f"{TYPES}/{made['id']}", {"data_type": made})) == made
    again = body(line.post(TYPES, {"data_type": {**made, "id": None}}), 409)["error"]
    assert (again["id"], again["identical"]) == (made["id"], True)
    listed = {row["name"]: row for row in body(line.get(TYPES))["data"]}
    assert listed[made["name"]] == made
    assert (listed["string"]["is_native"], listed["string"]["is_composite_field_type"]) == (True, True)
    canonical = listed["canonical_address"]
    assert (canonical["id"], canonical["is_native"]) == ("33dc5de6-94b6-4f08-94b6-e04d1f981671", False)
    assert len(canonical["composite_attributes"]["fields"]) == 11
    assert line.delete(f"{TYPES}/{made['id']}").status_code == 204
    assert line.delete(f"{TYPES}/{canonical['id']}").status_code == 400


def test_a_data_type_changes_and_goes_only_while_nothing_uses_it(line: Line) -> None:
    made = address(line)
    more = {**made, "composite_attributes": {"include_id": False, "fields": [*FIELDS, {**FIELDS[0], "name": "PO_BOX"}]}}
    assert len(body(line.put(f"{TYPES}/{made['id']}", {"data_type": more}))["composite_attributes"]["fields"]) == 5
    home = column(line, made, constraints={"fields": []})
    assert (home["type"], home["data_type"]["id"]) == ("composite", made["id"])
    for change in ({"name": "Other"}, {"composite_attributes": made["composite_attributes"]}):
        assert "homes" in body(line.put(f"{TYPES}/{made['id']}", {"data_type": change}), 409)["error"]["error"]
    assert "homes" in body(line.delete(f"{TYPES}/{made['id']}"), 409)["error"]["error"]
    told = body(line.put(f"{TYPES}/{made['id']}", {"data_type": {"description": "where somebody lives"}}))
    assert (told["description"], told["name"]) == ("where somebody lives", made["name"])
    assert line.delete(f"{COLUMNS}/{home['id']}").status_code == 204
    assert line.delete(f"{TYPES}/{made['id']}").status_code == 204


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": "street_Address"}, "name"),
        ({"name": "Street__Address"}, "name"),
        ({"name": "STreet"}, "name"),
        ({"name": "1_Street"}, "name"),
        ({"data_type": {"name": "canonical_address"}}, "data_type"),
        ({"data_type": {"name": "weather"}}, "data_type"),
        ({"struct_name": "road"}, "struct_name"),
        ({"name": "City"}, ""),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(line: Line, asked: dict[str, Any], field: str) -> None:
    fields = [{"data_type": STRING, "name": "City"}, {"data_type": STRING, "name": "Street", **asked}]
    wanted = {"name": "Odd", "description": "odd", "composite_attributes": {"include_id": False, "fields": fields}}
    told = body(line.post(TYPES, {"data_type": wanted}), 400)
    assert told["field"].endswith(f"fields[1].{field}" if field else "fields")


@pytest.mark.parametrize("wanted", [{"description": ""}, {"name": "Composite"}, {"name": "a b"}, {"fields": []}])
def test_a_data_type_that_makes_no_sense_is_refused(line: Line, wanted: dict[str, Any]) -> None:
    asked = {"name": "Odd", "description": "odd", **wanted}
    asked["composite_attributes"] = {"include_id": True, "fields": asked.pop("fields", FIELDS)}
    body(line.post(TYPES, {"data_type": asked}), 400)
    taken = {**asked, "name": "STRING", "description": "x", "composite_attributes": {"fields": FIELDS}}
    assert body(line.post(TYPES, {"data_type": taken}), 409)["error"]["identical"] is False


def test_the_outsider_sees_and_defines_no_data_type(scene: Scene) -> None:
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    assert [outsider.get(TYPES).status_code, outsider.post(TYPES, {"data_type": {}}).status_code] == [403, 403]
