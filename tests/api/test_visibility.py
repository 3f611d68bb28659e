"""Field visibility over HTTP: rules are defined, kept, read back and applied; refusals beside it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group

from tests import cast
from tests.api.calling import NUMBER, Line, Scene, body, line_of, new_scene
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db

ACCESSORS = "/userstore/config/accessors"
MUTATORS, UNMASK = "/userstore/api/mutators", "/userstore/api/accessors/unmask"


class Counter(Scene):
    """A phone number that a clerk is shown masked, and nobody else at all unless a test says so."""

    clerk: cast.Player
    group: str

    @property
    def address(self) -> str:
        return f"{ACCESSORS}/{self.accessor}"

    def ruled(self, /, **visibility: Any) -> dict[str, Any]:
        column = {"column": {"id": str(self.column)}, "visibility": visibility or self.rules}
        return {"accessor": {"columns": [column]}}

    @property
    def rules(self) -> dict[str, Any]:
        return {
            "default": "none",
            "default_on_demand": "none",
            "mask": {"name": "PhoneMask"},
            "rules": [
                {"group": self.group, "level": "masked", "on_demand": "plain"},
                {"client": {"name": "clerk"}, "level": "masked"},
            ],
        }

    def shown(self, line: Line) -> Any:
        rows = body(self.read(line))["data"]
        return json.loads(json.loads(rows[0])["phone"]) if rows else None


def new_counter() -> Counter:
    scene = new_scene()
    counter = Counter(**{name: getattr(scene, name) for name in Scene.__dataclass_fields__})
    counter.clerk = cast.new_player(scene.environment, "clerk", read=True)
    counter.group = Group.objects.create(name=f"desk-{uuid4().hex[:6]}").name
    assert scene.write(scene.line).status_code == 200
    return counter


begun, counter = beginning(new_counter)


def test_rules_are_read_back_and_applied(counter: Counter) -> None:
    made = body(counter.line.put(counter.address, counter.ruled()))
    (column,) = made["columns"]
    visibility = column["visibility"]
    assert visibility["mask"]["name"] == "PhoneMask"
    of_group, of_client = visibility["rules"]
    assert of_group == {"group": counter.group, "level": "masked", "on_demand": "plain"}
    assert (of_client["client"]["name"], of_client["level"], of_client["on_demand"]) == ("clerk", "masked", "masked")
    assert body(counter.line.get(counter.address)) == made
    assert body(counter.line.put(counter.address, {"accessor": made})) == made
    assert counter.shown(line_of(counter.clerk)) == ["+49 *** *****99"]
    assert counter.shown(counter.line) is None
    assert counter.read(line_of(cast.new_player(counter.environment, "outsider"))).status_code == 403


def test_what_people_are_shown_of_themselves_is_read_back_and_shows_nobody_else_more(counter: Counter) -> None:
    asked = counter.ruled(**counter.rules, self="plain")
    made = body(counter.line.put(counter.address, asked))
    visibility = made["columns"][0]["visibility"]
    assert (visibility["self"], visibility["takes_code"]) == ("plain", False)
    assert body(counter.line.put(counter.address, {"accessor": made})) == made
    assert counter.shown(line_of(counter.clerk)) == ["+49 *** *****99"]
    assert counter.shown(counter.line) is None


def test_an_absent_key_keeps_the_rules_and_null_takes_them_away(counter: Counter) -> None:
    made = body(counter.line.put(counter.address, counter.ruled()))
    vendors = {"accessor": {"name": "GetPhone", "columns": [{"column": {"id": str(counter.column)}}]}}
    assert body(counter.line.put(counter.address, vendors)) == made
    gone = {"accessor": {"columns": [{"column": {"id": str(counter.column)}, "Visibility": None}]}}
    assert "visibility" not in body(counter.line.put(counter.address, gone))["columns"][0]
    assert counter.shown(counter.line) == [NUMBER]
    former = body(counter.line.get(f"{counter.address}?accessor_version=1"))
    assert former["columns"][0]["visibility"] == made["columns"][0]["visibility"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"default": "some"}, "default"),
        ({"mask": None}, "mask"),
        ({"mask": {"name": "PassthroughUnchangedData"}}, "mask"),
        ({"mask": {"name": "DateCoarsened"}}, "mask"),
        ({"rules": [{"group": "nobody", "level": "none"}]}, "rules.group"),
        ({"rules": [{"client": {"name": "nobody"}, "level": "none"}]}, "client.name"),
        ({"rules": [{"level": "none"}]}, "group"),
        ({"rules": [{"group": "x", "client": {"name": "clerk"}, "level": "none"}]}, "client"),
        ({"rules": [{"client": {"name": "clerk"}, "level": level} for level in ("none", "plain")]}, "client"),
        ({"rules": [{"client": {"name": "clerk"}, "level": "plain", "on_demand": "none"}]}, "on_demand"),
        ({"self": "some"}, "self"),
        ({"mask": None, "rules": [], "self": "masked"}, "mask"),
        ({"takes_code": True}, "takes_code"),
    ],
    ids=[
        "level", "no mask", "not a mask", "not for phones", "no group", "no client", "nobody", "both", "twice", "less",
        "self", "masked without a mask", "no address",
    ],
)  # fmt: skip
def test_rules_that_mean_nothing_are_refused(counter: Counter, change: dict[str, Any], field: str) -> None:
    told = body(counter.line.put(counter.address, counter.ruled(**{**counter.rules, **change})), 400)
    assert told["field"].endswith(field)
    assert counter.shown(counter.line) == [NUMBER]


def test_a_client_of_another_environment_is_named_by_no_rule(counter: Counter) -> None:
    abroad = cast.new_player(cast.new_environment(), "abroad")
    rules = [{"client": {"id": str(abroad.client.public_id)}, "level": "plain"}]
    assert counter.line.put(counter.address, counter.ruled(default="none", rules=rules)).status_code == 400


def test_who_may_not_configure_changes_no_rules(counter: Counter) -> None:
    assert line_of(counter.clerk).put(counter.address, counter.ruled()).status_code == 403
    assert counter.shown(counter.line) == [NUMBER]


def test_a_masked_value_that_comes_back_with_its_mark_changes_nothing(counter: Counter) -> None:
    body(counter.line.put(counter.address, counter.ruled()))
    seen = body(counter.read(line_of(counter.clerk)))
    row, (marks,) = json.loads(seen["data"][0]), seen["marks"]
    change = {"value": row["phone"], "mark": marks["phone"], "purpose_additions": [{"name": "operational"}]}
    write = {**counter.write_body(), "row_data": {"phone": change}}
    assert body(counter.line.post(MUTATORS, write))["user_ids"] == [str(counter.subject)]
    change["Mark"] = marks["phone"][::-1]
    assert counter.line.post(MUTATORS, {**write, "row_data": {"phone": change}}).status_code == 400
    gone = {"accessor": {"columns": [{"column": {"id": str(counter.column)}, "visibility": None}]}}
    body(counter.line.put(counter.address, gone))
    again = body(counter.read(counter.line))
    assert (json.loads(json.loads(again["data"][0])["phone"]), "marks" in again) == ([NUMBER], False)


def test_one_record_is_unmasked_for_a_purpose_and_nobody_else_gets_it(counter: Counter) -> None:
    rules = [{"client": {"name": "clerk"}, "level": "masked", "on_demand": "plain"}]
    body(counter.line.put(counter.address, counter.ruled(**{**counter.rules, "rules": rules})))
    clerk, asked = line_of(counter.clerk), counter.unmask_body()
    answer = clerk.post(UNMASK, asked)
    phone = {"column": "phone", "level": "plain", "value": [NUMBER]}
    assert body(answer) == {"user_id": str(counter.subject), "fields": [phone]}
    assert UUID(answer["X-Sealbook-Decision"])
    assert counter.line.post(UNMASK, asked).status_code == 403
    outsider = line_of(cast.new_player(counter.environment, "outsider"))
    refused = [outsider.post(UNMASK, {**asked, **wrong}).status_code for wrong in ({}, {"columns": ["email"]})]
    assert refused == [403, 403]
    for wrong in ({"purpose": None}, {"purpose": "marketing"}, {"columns": []}, {"columns": [7]}, {"user_id": None}):
        assert clerk.post(UNMASK, {**asked, **wrong}).status_code == 400
