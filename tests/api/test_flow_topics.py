"""Topics of flows over the wire: listed for who sees definitions, dropped by who configures, closed to all others."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests import cast
from tests.api.calling import Line, Scene, body, line_of, new_scene
from tests.dataflow.declared import SSN, started, topics_of, written

pytestmark = pytest.mark.django_db
TOPICS = "/dataflow/topics"


@pytest.fixture
def scene() -> Scene:
    scene = new_scene()
    started(scene.service.caller, written("flow", of_source=SSN, of_to=SSN))
    return scene


def names(line: Line, query: str = "") -> list[str]:
    return [each["name"] for each in body(line.get(TOPICS + query))["data"]]


def test_topics_are_listed_with_what_they_may_hold(scene: Scene) -> None:
    reader = line_of(cast.new_player(scene.environment, "reader", read=True))
    found = {each["name"]: each for each in body(reader.get(TOPICS))["data"]}
    assert found.keys() == {"raw", "out"}
    told = {name: found["raw"][name] for name in ("pii", "expires_seconds", "declared_by", "flows")}
    assert told == {"pii": ["ssn"], "expires_seconds": 604_800, "declared_by": "tests/flow", "flows": ["tests/flow"]}
    assert names(reader, "?filter=('name',EQ,'raw')") == ["raw"]


def test_who_configures_drops_a_topic(scene: Scene) -> None:
    (first,) = (each["id"] for each in body(scene.line.get(TOPICS))["data"] if each["name"] == "raw")
    assert scene.line.delete(f"{TOPICS}/{first}").status_code == 204
    assert names(scene.line) == ["out"]
    assert scene.line.delete(f"{TOPICS}/{first}").status_code == 404
    assert scene.line.delete(f"{TOPICS}/{uuid4()}").status_code == 404


def test_who_may_not_configure_drops_nothing_and_an_outsider_sees_nothing(scene: Scene) -> None:
    reader = line_of(cast.new_player(scene.environment, "reader", read=True))
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    topic = f"{TOPICS}/{topics_of(scene.service.caller)['raw'].public_id}"
    assert reader.delete(topic).status_code == 403
    for line, status in ((outsider, 403), (Line(None), 401)):
        assert line.get(TOPICS).status_code == status
        assert line.delete(topic).status_code == status
    assert sorted(names(scene.line)) == ["out", "raw"]
    abroad = new_scene()
    assert names(abroad.line) == []
    assert abroad.line.delete(topic).status_code == 404
