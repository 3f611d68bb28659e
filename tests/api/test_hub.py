"""The hub over the wire: published, listed, shown, downloaded, withdrawn; and refused to whom it does not concern."""

from __future__ import annotations

from typing import Any

import pytest

from dataflow.hub.content import digest_of
from tests import cast
from tests.api.calling import Line, Scene, body, line_of, new_scene
from tests.dataflow.published import FILES
from tests.dataflow.samples import PACKAGE, SEED

pytestmark = pytest.mark.django_db
ITEMS = "/dataflow/hub/items"


@pytest.fixture
def scene() -> Scene:
    return new_scene()


def published(line: Line, files: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = body(line.post(ITEMS, {"files": files or FILES, **more}), 201)
    return found


def test_what_is_published_is_listed_shown_and_downloaded(scene: Scene) -> None:
    item = published(scene.line)
    assert (item["kind"], item["namespace"], item["name"]) == ("package", "example", "mask-ssn-pkg")
    assert body(scene.line.get(ITEMS))["data"] == [item]
    named = "(('namespace',EQ,'example'),AND,('name',EQ,'mask-ssn-pkg'))"
    assert body(scene.line.get(f"{ITEMS}?filter={named}"))["data"] == [item]
    assert body(scene.line.get(f"{ITEMS}?filter=('name',EQ,'other')"))["data"] == []
    shown = body(scene.line.get(f"{ITEMS}/{item['id']}"))
    assert {name: shown[name] for name in item} == item
    assert shown["functions"] == [
        {
            "name": "mask-ssn",
            "operator": "map",
            "inputs": [{"name": "text", "type": "string"}],
            "output": "string",
            "removes": ["ssn"],
            "language": "python",
            "cases": 4,
        }
    ]
    content = body(scene.line.get(f"{ITEMS}/{item['id']}/content"))
    assert digest_of(content["files"]) == content["digest"] == item["digest"]
    assert content["files"].keys() == FILES.keys()


def test_a_flow_shows_its_topics_services_and_packages(scene: Scene) -> None:
    published(scene.line)
    item = published(scene.line, {"dataflow.yaml": SEED}, is_public=True)
    shown = body(scene.line.get(f"{ITEMS}/{item['id']}"))
    assert (shown["kind"], shown["is_public"], shown["imports"]) == ("flow", True, ["example/mask-ssn-pkg@0.1.0"])
    assert (shown["topics"], shown["services"]) == (["user-info", "masked"], ["mask-ssn-service"])


def test_a_version_is_published_once_and_withdrawn_for_good(scene: Scene) -> None:
    item = published(scene.line)
    again = scene.line.post(ITEMS, {"files": FILES})
    assert (again.status_code, again.json()["conflict"]["identical"]) == (409, True)
    assert scene.line.delete(f"{ITEMS}/{item['id']}").status_code == 204
    for path in (f"{ITEMS}/{item['id']}", f"{ITEMS}/{item['id']}/content"):
        assert scene.line.get(path).status_code == 404
    assert scene.line.delete(f"{ITEMS}/{item['id']}").status_code == 404
    assert scene.line.post(ITEMS, {"files": FILES}).json()["conflict"]["identical"] is False


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "files"),
        ({"files": []}, "files"),
        ({"files": {}}, "files"),
        ({"files": {"sdf-package.yaml": 1}}, "files.sdf-package.yaml"),
        ({"files": {"a": "", "A": ""}}, "files"),
        ({"files": {"a\n": ""}}, "files"),
        ({"files": FILES, "is_public": "yes"}, "is_public"),
        ({"files": {"sdf-package.yaml": "a: ["}}, "files"),
    ],
)
def test_a_body_that_makes_no_sense_is_told_by_its_field(scene: Scene, given: dict[str, Any], field: str) -> None:
    answer = scene.line.post(ITEMS, given)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_who_may_not_configure_sees_what_is_public_and_an_outsider_nothing(scene: Scene) -> None:
    reader = line_of(cast.new_player(scene.environment, "reader", read=True))
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    private = published(scene.line)
    public = published(scene.line, {**FILES, "sdf-package.yaml": PACKAGE.replace("0.1.0", "0.2.0")}, is_public=True)
    assert [each["id"] for each in body(reader.get(ITEMS))["data"]] == [public["id"]]
    assert reader.get(f"{ITEMS}/{private['id']}").status_code == 404
    assert reader.get(f"{ITEMS}/{private['id']}/content").status_code == 404
    assert reader.get(f"{ITEMS}/{public['id']}/content").status_code == 200
    assert reader.post(ITEMS, {"files": FILES}).status_code == 403
    assert reader.delete(f"{ITEMS}/{public['id']}").status_code == 403
    for path in (ITEMS, f"{ITEMS}/{public['id']}", f"{ITEMS}/{public['id']}/content"):
        assert outsider.get(path).status_code == 403
        assert Line(None).get(path).status_code == 401
    assert outsider.post(ITEMS, {"files": FILES}).status_code == 403
    assert outsider.delete(f"{ITEMS}/{public['id']}").status_code == 403
