"""Lists: walked in both directions by any key, filtered by declared keys, and telling where a filter goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests import cast
from tests.api.calling import ALLOW_ALL, Line, Scene, body, line_of, new_scene
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db

COLUMNS, PURPOSES, POLICIES = "/userstore/config/columns", "/userstore/config/purposes", "/tokenizer/policies/access"
ACCESSORS, MUTATORS = "/userstore/config/accessors", "/userstore/config/mutators"
BY_PHONE = "('phone',EQ,'+49 151 5550199')"

begun, scene = beginning(new_scene)


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def listed(line: Line, path: str, **parameters: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = body(line.get(f"{path}?{urlencode(parameters)}"))["data"]
    return rows


def walked(line: Line, path: str, *, backwards: bool, **parameters: str) -> list[dict[str, Any]]:
    """Every row, one small page after the other."""
    rows: list[dict[str, Any]] = []
    cursor, stop, side = ("end", "", "ending_before") if backwards else ("", "end", "starting_after")
    while True:
        page = body(line.get(f"{path}?{urlencode({**parameters, 'limit': '2', side: cursor})}"))
        rows = page["data"] + rows if backwards else rows + page["data"]
        cursor = page["prev" if backwards else "next"]
        assert page["has_prev" if backwards else "has_next"] is (cursor != stop)
        if cursor == stop:
            return rows


ORDERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "id": lambda row: row["id"],
    "name": lambda row: row["name"],
    "created,id": lambda row: row["is_system"] * 0,
    "legal_basis,name,id": lambda row: (row["legal_basis"], row["name"], row["id"]),
}


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_walking_a_list_in_either_direction_gives_the_whole_of_it_in_order(line: Line, order: str) -> None:
    for sort_key, place in ORDERS.items():
        whole = listed(line, PURPOSES, sort_key=sort_key, sort_order=order)
        assert len(whole) == 5
        assert whole == sorted(whole, key=place, reverse=order == "descending")
        for backwards in (False, True):
            assert walked(line, PURPOSES, backwards=backwards, sort_key=sort_key, sort_order=order) == whole


FILTERS = [
    ("('name',EQ,'marketing')", {"marketing"}),
    ("('name',NE,'marketing')", {"operational", "analytics", "support", "security"}),
    ("('name',LK,'%s%')", {"analytics", "support", "security"}),
    ("('name',NL,'%s%')", {"operational", "marketing"}),
    ("('name',IL,'S%')", {"support", "security"}),
    ("('name',GE,'security')", {"security", "support"}),
    ("(('legal_basis',EQ,'consent'),AND,('name',LT,'b'))", {"analytics"}),
    ("(('is_system',EQ,'true'),OR,('legal_basis',EQ,'legitimate_interests'))", {"operational", "security"}),
    ("( ('name' , EQ,'it''s'), or, (('name',eq,'support')) )", {"support"}),
    ("('created',GT,'2020-01-01T00:00:00Z')", {"operational", "analytics", "marketing", "support", "security"}),
    ("('created',LE,'1577836800000000')", set()),
    ("('id',EQ,'7f55f479-3822-4976-a8a9-b789d5c6f152')", {"operational"}),
]


def test_a_filter_keeps_what_it_says(line: Line) -> None:
    for text, names in FILTERS:
        assert ({row["name"] for row in listed(line, PURPOSES, filter=text)}, text) == (names, text)


def test_a_filter_holds_on_every_page(line: Line) -> None:
    found = walked(line, PURPOSES, backwards=False, filter="('name',NE,'support')", sort_key="name,id")
    assert [row["name"] for row in found] == ["analytics", "marketing", "operational", "security"]


def test_methods_are_found_by_what_they_name(scene: Scene, line: Line) -> None:
    names_phone = f"('columns',HAS,'{scene.column}')"
    assert {row["name"] for row in listed(line, ACCESSORS, filter=names_phone)} == {"GetPhone", "GetUsers"}
    assert {row["name"] for row in listed(line, MUTATORS, filter=names_phone)} == {"SetPhone", "UpdateUser"}
    only = f"({names_phone},AND,('is_system',EQ,'false'))"
    assert [row["name"] for row in listed(line, ACCESSORS, filter=only)] == ["GetPhone"]
    under = f"('access_policy',EQ,'{ALLOW_ALL}')"
    assert {row["name"] for row in listed(line, ACCESSORS, filter=under)} == {"GetPhone", "GetUsers"}


FAULTS = [
    ("name", 1),
    ("('name')", 8),
    ("('name',EQ)", 11),
    ("('name',EQ,'x'", 15),
    ("('name',EQ,'x'))", 16),
    ("('name',IS,'x')", 9),
    ("('name',EQ,x)", 12),
    ("('name',HAS,'x')", 9),
    ("('weather',EQ,'x')", 2),
    ("('id',EQ,'x')", 10),
    ("('id',LK,'x')", 7),
    ("('created',GT,'yesterday')", 15),
    ("('is_system',EQ,'maybe')", 17),
    ("(('name',EQ,'x'),XOR,('name',EQ,'y'))", 18),
    ("(('name',EQ,'x'),AND,('name',EQ,'y'),OR,('name',EQ,'z'))", 38),
    ("(" * 40 + "'name',EQ,'x'" + ")" * 40, 34),
]
"""Filters that make no sense, and where the fault is."""


def test_a_filter_that_makes_no_sense_is_told_with_its_position(line: Line) -> None:
    for text, position in FAULTS:
        told = body(line.get(f"{PURPOSES}?filter={quote(text)}"), 400)
        assert (text, told["field"], told["position"]) == (text, "filter", position)


ELSEWHERE = [
        "sort_key=name&starting_after=id:7f55f479-3822-4976-a8a9-b789d5c6f152",
        "sort_key=name&starting_after=name:a",
        "starting_after=name:a,id:7f55f479-3822-4976-a8a9-b789d5c6f152",
        "sort_key=created&starting_after=created:9999999999999999999,id:7f55f479-3822-4976-a8a9-b789d5c6f152",
        "sort_key=name&starting_after=name:%2500,id:7f55f479-3822-4976-a8a9-b789d5c6f152",
        "sort_key=id,name", "sort_key=name,name", "sort_key=columns", "sort_key=,", "filter=('name',EQ,'%00')",
    ]  # fmt: skip


def test_a_cursor_of_another_list_and_an_order_that_is_none_are_refused(line: Line) -> None:
    for query in ELSEWHERE:
        assert (query, line.get(f"{PURPOSES}?{query}").status_code) == (query, 400)


def test_users_are_not_filtered_by_what_is_known_of_them(line: Line) -> None:
    told = body(line.get(f"/authn/users?filter={quote(BY_PHONE)}"), 400)
    assert told["remedy"] == "Keys: id, created, updated."
    assert len(listed(line, "/authn/users", sort_key="created,id", sort_order="descending")) == 1


def test_who_has_no_right_gets_no_answer_about_filters_either(scene: Scene) -> None:
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    for path in ("/governance/clients", "/governance/freezes"):
        assert outsider.get(f"{path}?filter=nonsense").status_code == 403
        assert scene.line.get(f"{path}?filter=nonsense").status_code == 400
