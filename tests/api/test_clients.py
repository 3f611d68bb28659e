"""Clients over the API: names are unique in an environment, ids everywhere."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.calling import body, new_scene

pytestmark = pytest.mark.django_db

CLIENTS = "/governance/clients"


def told(answer: Any) -> dict[str, Any]:
    return {key: value for key, value in answer.json()["conflict"].items() if key != "id"}


def test_a_name_is_taken_once_and_an_id_once_everywhere() -> None:
    scene, elsewhere = new_scene(), new_scene()
    line = scene.line
    made = body(line.post(CLIENTS, {"name": "importer", "id": str(uuid4())}), 201)
    assert line.post(CLIENTS, {"name": "importer"}).status_code == 409
    here = line.post(CLIENTS, {"name": "another", "id": made["id"]})
    abroad = elsewhere.line.post(CLIENTS, {"name": "another", "id": made["id"]})
    assert (here.status_code, told(here)) == (abroad.status_code, told(abroad))
    assert here.status_code == 409
    assert body(elsewhere.line.post(CLIENTS, {"name": "importer"}), 201)["name"] == "importer"


def test_a_client_is_renamed_within_the_same_bounds() -> None:
    line = new_scene().line
    first, second = (body(line.post(CLIENTS, {"name": name}), 201)["id"] for name in ("first", "second"))
    assert body(line.put(f"{CLIENTS}/{first}", {"name": "renamed"}))["name"] == "renamed"
    assert body(line.put(f"{CLIENTS}/{first}", {"description": "told"}))["name"] == "renamed"
    assert line.put(f"{CLIENTS}/{second}", {"name": "renamed"}).status_code == 409
    assert line.put(f"{CLIENTS}/{second}", {"name": "x" * 129}).status_code == 400
