"""The rows of notices in the isolation matrix: a webhook that has no secret yet, and messages that nobody sent."""

from __future__ import annotations

from uuid import uuid4

from governance.actions.webhooks import define_webhook
from governance.identities import system_caller
from tests.api.calling import Scene
from tests.api.rows import Row

WEBHOOK = "governance/webhooks/<uuid:webhook_id>"


def notice_rows() -> list[Row]:
    """Webhooks and deliveries."""
    return [
        Row("GET", "governance/webhooks", abroad=200),
        Row("POST", "governance/webhooks", {"name": "1 no", "url": "http://"}, service=400, abroad=400),
        Row("GET", WEBHOOK),
        Row("PUT", WEBHOOK, {"description": "Whose it is."}),
        Row("POST", f"{WEBHOOK}/test"),
        Row("POST", f"{WEBHOOK}/secrets", {"overlap_hours": 721}, service=400, abroad=400),
        Row("DELETE", WEBHOOK, service=204),
        Row("GET", "governance/notice-deliveries", abroad=200),
        Row("POST", "governance/notice-deliveries/<uuid:delivery_id>/retry", service=404),
    ]


def notice_ids(scene: Scene) -> dict[str, str]:
    """Ids to put into addresses."""
    system = system_caller(scene.environment.id)
    webhook = define_webhook(system, name="Desk", url="https://desk.example.com/hook")
    return {"<uuid:webhook_id>": str(webhook.public_id), "<uuid:delivery_id>": str(uuid4())}
