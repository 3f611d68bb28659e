"""What an update leaves out is kept, and what asks for the same again makes no version."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calling import ALLOW_ALL, Line, Scene, body, new_scene
from tests.api.test_definitions import (
    ACCESSORS,
    COLUMNS,
    EITHER,
    MUTATORS,
    POLICIES,
    PURPOSES,
    REFERRING,
    SCRIPT,
    SHOUT,
    TEMPLATES,
    TRANSFORMERS,
)
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db

begun, scene = beginning(new_scene)


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def test_an_update_with_absent_keys_keeps_what_is_stored(line: Line) -> None:
    """The vendor's models know fewer fields than the server; what they do not send is not reset."""
    policy = {"name": "Kept", **EITHER, "required_context": {"reason": "string"}, "description": "told"}
    full: tuple[tuple[str, str, dict[str, Any]], ...] = (
        (PURPOSES, "purpose", {"name": "kept", "description": "told", "legal_basis": "contract"}),
        (POLICIES, "access_policy", policy),
        (TEMPLATES, "access_policy_template", {"name": "Kept", "function": SCRIPT, "description": "told"}),
        (TRANSFORMERS, "transformer", {"name": "Kept", **SHOUT, "description": "told", "parameters": "{}"}),
        (COLUMNS, "column", {
            "name": "kept", "type": "string", "is_array": True, "index_type": "indexed", "default_value": "x",
            "access_policy": {"id": str(ALLOW_ALL)}, "default_transformer": {"name": "PassthroughUnchangedData"},
            "constraints": {"unique_required": True, "partial_updates": True}, "description": "told",
            "pii_category": "contact", "sensitivity": 2,
        }),
        (ACCESSORS, "accessor", {
            **REFERRING, "name": "Kept", "purposes": [{"name": "support"}], "description": "told",
            "are_column_access_policies_overridden": True, "consent_mode": "strict", "use_search_index": True,
            "token_access_policy": {"id": str(ALLOW_ALL)},
        }),
        (MUTATORS, "mutator", {**REFERRING, "name": "Kept", "purposes": [{"name": "support"}], "description": "told"}),
    )  # fmt: skip
    for path, wrapper, wanted in full:
        made = body(line.post(path, {wrapper: wanted}), 201)
        address = f"{path}/{made['id']}"
        sent = {"version": made["version"]} if "version" in made else {}
        kept = body(line.put(address, {wrapper: sent}))
        assert {**kept, "version": made.get("version")} == {**made, "version": made.get("version")}
        if wrapper in {"accessor", "mutator"}:
            assert kept["version"] == 0


def test_the_order_of_columns_makes_no_version_and_another_token_policy_does(scene: Scene, line: Line) -> None:
    tokens = {"column": {"id": str(scene.column)}, "transformer": {"name": "PhoneToID"}}
    columns = [{**tokens, "token_access_policy": {"id": str(ALLOW_ALL)}}, {"column": {"name": "email"}}]
    wanted = {**REFERRING, "name": "Ordered", "purposes": [{"name": "support"}], "columns": columns}
    made = body(line.post(ACCESSORS, {"accessor": wanted}), 201)
    address = f"{ACCESSORS}/{made['id']}"
    assert body(line.post(ACCESSORS, {"accessor": {**wanted, "columns": columns[::-1]}}), 409)["error"]["identical"]
    assert body(line.put(address, {"accessor": {"columns": columns[::-1]}})) == made
    other = [{**tokens, "token_access_policy": {"name": "DenyAll"}}, columns[1]]
    assert body(line.post(ACCESSORS, {"accessor": {**wanted, "columns": other}}), 409)["error"]["identical"] is False
    changed = body(line.put(address, {"accessor": {"columns": other}}))
    assert (changed["version"], changed["columns"][0]["token_access_policy"]["name"]) == (1, "DenyAll")
