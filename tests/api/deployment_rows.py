"""The rows of deployments in the isolation matrix: one flow of the scene, deployed and not running."""

from __future__ import annotations

from dataflow.actions.deployments import deploy_flow, stop_flow
from dataflow.actions.hub import publish_to_hub
from tests.api.calling import Scene
from tests.api.rows import Row
from tests.dataflow.published import CARDS

_ONE = "dataflow/deployments/<uuid:deployment_id>"


def deployment_rows() -> list[Row]:
    """It is listed, shown, decided about, repeated and deleted; nothing else is deployed."""
    return [
        Row("GET", "dataflow/deployments", abroad=200),
        Row("POST", "dataflow/deployments", {"item_id": "none"}, service=400, abroad=400),
        Row("GET", _ONE),
        Row("PUT", _ONE, {"workers": 2}),
        Row("POST", f"{_ONE}/replay", service=202),
        Row("POST", f"{_ONE}/backfill", {"confirmed": "tests/cards"}, service=202),
        Row("DELETE", _ONE, service=204),
        Row("GET", "dataflow/metrics", abroad=200),
    ]


def deployment_ids(scene: Scene) -> dict[str, str]:
    """Deploy it, and return what to put into addresses."""
    caller = scene.service.caller
    item = publish_to_hub(caller, files={"dataflow.yaml": CARDS})
    deployment = deploy_flow(caller, item=item.public_id, client=caller.id)
    stop_flow(caller, public_id=deployment.public_id)
    return {"<uuid:deployment_id>": str(deployment.public_id)}
