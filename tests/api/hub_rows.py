"""The rows of the hub in the isolation matrix: one private package of the scene's service."""

from __future__ import annotations

from dataflow.actions.hub import publish_to_hub
from tests.api.calling import Scene
from tests.api.deployment_rows import deployment_ids, deployment_rows
from tests.api.letter_rows import letter_rows
from tests.api.rows import Row
from tests.dataflow.declared import started, topics_of, written
from tests.dataflow.published import FILES


def hub_rows() -> list[Row]:
    """It is listed, shown, downloaded and withdrawn; nothing else is published. Beside it what flows have."""
    return [
        Row("GET", "dataflow/hub/items", abroad=200),
        Row("POST", "dataflow/hub/items", {"files": {"other": ""}}, service=400, abroad=400),
        Row("GET", "dataflow/hub/items/<uuid:item_id>"),
        Row("GET", "dataflow/hub/items/<uuid:item_id>/content"),
        Row("DELETE", "dataflow/hub/items/<uuid:item_id>", service=204),
        *letter_rows(),
        Row("GET", "dataflow/topics", abroad=200),
        Row("DELETE", "dataflow/topics/<uuid:topic_id>", service=204),
        Row("GET", "dataflow/topics/<str:topic>/records"),
        Row("POST", "dataflow/topics/<str:topic>/records", {"records": [{"value": "x"}]}, service=201),
        *deployment_rows(),
    ]


def hub_ids(scene: Scene) -> dict[str, str]:
    """Publish it, deploy a flow, start one with topics, and return what to put into addresses."""
    started(scene.service.caller, written("flow"))
    return {
        "<uuid:item_id>": str(publish_to_hub(scene.service.caller, files=FILES).public_id),
        "<str:topic>": "raw",
        "<uuid:topic_id>": str(topics_of(scene.service.caller)["raw"].public_id),
        **deployment_ids(scene),
    }
