"""Deployed flows over the wire: deployed, shown with figures, decided about, repeated, deleted, counted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse

from dataflow.actions.hub import publish_to_hub
from dataflow.api.metrics import exposed
from dataflow.deployments.roster import Roster
from dataflow.engines.redis_streams import RedisStreams
from dataflow.running.deployed import engine_for
from tests import cast
from tests.api.calling import Scene, body, line_of, new_scene
from tests.dataflow.published import CARDS

pytestmark = pytest.mark.django_db
DEPLOYMENTS = "/dataflow/deployments"


@pytest.fixture
def scene() -> Scene:
    return new_scene()


def published(scene: Scene, version: str = "0.1.0") -> str:
    files = {"dataflow.yaml": CARDS.replace("0.1.0", version)}
    return str(publish_to_hub(scene.service.caller, files=files).public_id)


def deployed(scene: Scene) -> dict[str, Any]:
    asked = {"item_id": published(scene), "client_id": str(scene.service.caller.id), "workers": 2}
    found: dict[str, Any] = body(scene.line.post(DEPLOYMENTS, asked), 201)
    return found


def changed(scene: Scene, made: dict[str, Any], change: dict[str, Any]) -> Any:
    return body(scene.line.put(f"{DEPLOYMENTS}/{made['id']}", change))


def field_of(answer: HttpResponse) -> str:
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    return str(json.loads(answer.content)["field"])


@pytest.fixture
def engine(scene: Scene) -> RedisStreams:
    return engine_for(scene.service.caller)


def counted(engine: RedisStreams) -> None:
    """Leave figures as workers do: 3 succeeded, 1 failed, 2 wait, 1 dead letter, a worker at 12.5 records a second."""
    engine.client.hset(engine.counts("tests/cards"), mapping={"cleaning#succeeded": 3, "cleaning#failed": 1})
    engine.produce("orders", [(None, b"order 1"), (None, b"order 2")])
    engine.client.xadd(engine.dead("tests/cards"), {"v": "sealed"})


def test_a_flow_is_deployed_listed_and_shown(scene: Scene, engine: RedisStreams) -> None:
    made = deployed(scene)
    assert (made["name"], made["version"], made["workers"]) == ("tests/cards", "0.1.0", 2)
    assert (made["wanted"], made["state"], made["trouble"]) == ("running", "stopped", "")
    assert body(scene.line.get(DEPLOYMENTS))["data"] == [made]
    assert body(scene.line.get(f"{DEPLOYMENTS}?filter=('wanted',EQ,'stopped')"))["data"] == []
    counted(engine)
    roster = Roster(engine.client, environment_id=scene.environment.id, flow="tests/cards")
    roster.beat(0, {"cleaning": 12.5})
    shown = body(scene.line.get(f"{DEPLOYMENTS}/{made['id']}"))
    figures = shown.pop("figures")
    assert shown == made
    assert (figures["alive"], figures["dead_letters"]) == (1, 1)
    assert figures["services"] == [{"name": "cleaning", "succeeded": 3, "failed": 1, "per_second": 12.5, "waiting": 2}]


def test_it_is_decided_about_one_thing_at_a_time(scene: Scene) -> None:
    made = deployed(scene)
    assert changed(scene, made, {"wanted": "stopped"})["wanted"] == "stopped"
    assert changed(scene, made, {"workers": 3})["workers"] == 3
    assert changed(scene, made, {"item_id": published(scene, "0.2.0")})["version"] == "0.2.0"
    assert changed(scene, made, {"wanted": "running"})["wanted"] == "running"
    for change, field in (
        ({}, "wanted"),
        ({"wanted": "stopped", "workers": 1}, "workers"),
        ({"wanted": "paused"}, "wanted"),
        ({"workers": 9}, "workers"),
    ):
        assert field_of(scene.line.put(f"{DEPLOYMENTS}/{made['id']}", change)) == field
    assert scene.line.delete(f"{DEPLOYMENTS}/{made['id']}").status_code == 409
    changed(scene, made, {"wanted": "stopped"})
    assert scene.line.delete(f"{DEPLOYMENTS}/{made['id']}").status_code == 204
    assert body(scene.line.get(DEPLOYMENTS))["data"] == []


def test_it_is_repeated_as_far_as_it_is_asked_for(scene: Scene) -> None:
    made = deployed(scene)
    one = f"{DEPLOYMENTS}/{made['id']}"
    assert body(scene.line.post(f"{one}/replay"), 202)["replays_until"] is not None
    assert field_of(scene.line.post(f"{one}/backfill", {"confirmed": ""})) == "confirmed"
    later = {"confirmed": "tests/cards", "reads_from": "9999-12-31T12:00:00Z"}
    assert field_of(scene.line.post(f"{one}/backfill", later)) == "reads_from"
    asked = {"confirmed": "tests/cards", "reads_from": "2020-01-31T12:00:00Z"}
    assert body(scene.line.post(f"{one}/backfill", asked), 202)["reads_from"] == "2020-01-31T12:00:00Z"


def test_prometheus_reads_figures_and_names_of_the_flow_alone(scene: Scene, engine: RedisStreams) -> None:
    made = deployed(scene)
    counted(engine)
    answer = scene.line.get("/dataflow/metrics")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    lines = answer.content.decode().splitlines()
    assert {each for each in lines if not each.startswith("#")} == {
        'sealbook_flow_records_total{flow="tests/cards",service="cleaning",outcome="succeeded"} 3',
        'sealbook_flow_records_total{flow="tests/cards",service="cleaning",outcome="failed"} 1',
        'sealbook_flow_waiting_entries{flow="tests/cards",service="cleaning"} 2',
        'sealbook_flow_dead_letters{flow="tests/cards"} 1',
        'sealbook_flow_workers_wanted{flow="tests/cards"} 2',
        'sealbook_flow_workers_alive{flow="tests/cards"} 0',
        'sealbook_flow_state{flow="tests/cards",state="stopped"} 1',
    }
    assert lines.count("# TYPE sealbook_flow_records_total counter") == 1
    changed(scene, made, {"wanted": "stopped"})
    stopped = scene.line.get("/dataflow/metrics").content.decode()
    assert 'sealbook_flow_workers_wanted{flow="tests/cards"} 0' in stopped


def test_labels_cannot_break_out_of_their_line() -> None:
    sample = ("sealbook_flow_state", {"flow": 'a"} 1\nb\\'}, 0.5)
    assert 'sealbook_flow_state{flow="a\\"} 1\\nb\\\\"} 0.5' in exposed([sample]).splitlines()


def test_without_redis_there_are_no_figures_and_no_wrong_ones(scene: Scene, settings: Any) -> None:
    made = deployed(scene)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert body(scene.line.get(f"{DEPLOYMENTS}/{made['id']}"))["figures"] is None
    lines = scene.line.get("/dataflow/metrics").content.decode()
    assert "workers_wanted{" in lines
    assert "workers_alive{" not in lines


def test_who_does_not_configure_sees_figures_of_the_own_environment_alone(scene: Scene) -> None:
    made = deployed(scene)
    reader = line_of(cast.new_player(scene.environment, "reader", read=True))
    assert reader.get(DEPLOYMENTS).status_code == 403
    assert reader.get(f"{DEPLOYMENTS}/{made['id']}").status_code == 403
    assert "tests/cards" in reader.get("/dataflow/metrics").content.decode()
    abroad = line_of(cast.new_player(cast.new_environment(), "engineer", configure=True))
    assert body(abroad.get(DEPLOYMENTS))["data"] == []
    assert "tests/cards" not in abroad.get("/dataflow/metrics").content.decode()
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    assert outsider.get("/dataflow/metrics").status_code == 403
