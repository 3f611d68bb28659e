"""Dead letters over the wire: listed without records, opened with a reason, put back, dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis

from dataflow.engines.protocol import Done
from dataflow.engines.redis_streams import RedisStreams
from dataflow.running.deployed import engine_for
from tests import cast
from tests.api.calling import Scene, body, line_of, new_scene

pytestmark = pytest.mark.django_db
LETTERS, FLOW = "/dataflow/dead-letters", "tests/flow"
WHY = "The number of failures has doubled."


@pytest.fixture
def scene() -> Scene:
    return new_scene()


@pytest.fixture
def ids(scene: Scene) -> Iterator[list[str]]:
    """Three letters of nobody."""
    engine: RedisStreams = engine_for(scene.service.caller)
    intake = engine.intake(FLOW, "s", [("in", "0")], "w")
    engine.produce("in", [(b"key", b"first"), (None, b"sec\xffond"), (None, b"third")])
    batch = intake.take(most=10, wait=0.1)
    assert batch is not None
    intake.commit(batch, [[Done((), (("s", "failed"),), "mask: ValueError in line 2")]] * 3)
    yield [each.id for each in engine.letters(FLOW).all()]
    engine.client.delete(*engine.client.scan_iter(f"flow:{{{scene.environment.id}}}:*"))


def listed(scene: Scene, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = body(scene.line.get(f"{LETTERS}?flow={FLOW}{query}"))
    return found


def test_they_are_listed_by_pages_without_their_records(scene: Scene, ids: list[str]) -> None:
    assert body(scene.line.get(f"{LETTERS}/flows")) == {"data": [{"flow": FLOW, "waiting": 3}]}
    page = listed(scene, "&limit=2")
    assert [each["id"] for each in page["data"]] == ids[:2]
    assert page["data"][0].keys() == {"id", "topic", "service", "record", "failed_at", "why", "of_person", "readable"}
    rest = listed(scene, f"&limit=2&starting_after={page['next']}")
    assert ([each["id"] for each in rest["data"]], rest["next"]) == (ids[2:], "")
    assert body(scene.line.get(f"{LETTERS}?flow=tests/other")) == {"data": [], "next": ""}


def test_one_is_opened_with_a_reason(scene: Scene, ids: list[str]) -> None:
    asked = {"flow": FLOW, "letter": ids[0], "reason": WHY}
    answer = scene.line.post(f"{LETTERS}/open", asked)
    opened = body(answer)
    assert (opened["id"], opened["key"], opened["value"]) == (ids[0], "key", "first")
    assert answer.headers["Cache-Control"] == "no-store"
    assert body(scene.line.post(f"{LETTERS}/open", asked | {"letter": ids[1]}))["value"] == "sec\ufffdond"
    assert scene.line.post(f"{LETTERS}/open", asked | {"reason": ""}).status_code == 400
    reader = line_of(cast.new_player(scene.environment, "reader", read=True))
    assert reader.post(f"{LETTERS}/open", asked).status_code == 403
    assert reader.get(f"{LETTERS}?flow={FLOW}").status_code == 200


def test_they_are_put_back_or_dropped_by_who_configures(scene: Scene, ids: list[str]) -> None:
    reader = line_of(cast.new_player(scene.environment, "reader", read=True))
    for action in ("replay", "drop"):
        assert reader.post(f"{LETTERS}/{action}", {"flow": FLOW, "all": True}).status_code == 403
    assert body(scene.line.post(f"{LETTERS}/replay", {"flow": FLOW, "letters": ids[:1]})) == {"letters": 1}
    assert body(scene.line.post(f"{LETTERS}/drop", {"flow": FLOW, "all": True})) == {"letters": 2}
    assert listed(scene)["data"] == []


@pytest.mark.parametrize(
    ("action", "asked", "field"),
    [
        ("open", {"flow": "", "letter": "1-1", "reason": WHY}, "flow"),
        ("open", {"flow": "x" * 129, "letter": "1-1", "reason": WHY}, "flow"),
        ("open", {"flow": "a\nb", "letter": "1-1", "reason": WHY}, "flow"),
        ("open", {"flow": FLOW, "reason": WHY}, "letter"),
        ("replay", {"flow": FLOW}, "letters"),
        ("drop", {"flow": FLOW, "all": True, "letters": ["1-1"]}, "letters"),
        ("drop", {"flow": FLOW, "letters": [1]}, "letters"),
    ],
)
def test_what_makes_no_sense_is_named(scene: Scene, action: str, asked: dict[str, Any], field: str) -> None:
    answer = scene.line.post(f"{LETTERS}/{action}", asked)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "flow"),
        (f"?flow={FLOW}&limit=0", "limit"),
        (f"?flow={FLOW}&limit=501", "limit"),
        (f"?flow={FLOW}&limit=two", "limit"),
        (f"?flow={FLOW}&limit=00000000{'1' * 5_000}", "limit"),
        (f"?flow={FLOW}&starting_after=99999999999999999999-1", "starting_after"),
        (f"?flow={FLOW}&starting_after=x", "starting_after"),
    ],
)
def test_a_wrong_list_is_named(scene: Scene, query: str, field: str) -> None:
    answer = scene.line.get(f"{LETTERS}{query}")
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_without_the_server_of_the_topics_it_says_so(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(RedisStreams, "flows", away)
    answer = scene.line.get(f"{LETTERS}/flows")
    assert (answer.status_code, answer.json()["detail"]) == (
        503,
        "The server of the topics does not answer: ConnectionError.",
    )
