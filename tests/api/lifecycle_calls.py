"""The calls about retention and legal holds as the isolation matrix takes them: what each caller gets."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

from governance.identities import system_caller
from tests.api.calling import Scene
from tests.api.rows import Row
from userstore.actions.holds import place_hold


def lifecycle_calls() -> Iterator[Row]:
    """What is set for the environment and a built-in purpose is there everywhere; the scene's column is not."""
    for prefix in ("live", "softdeleted"):
        for scope, abroad in (("", 200), ("purposes/<uuid:purpose_id>/", 200), ("columns/<uuid:column_id>/", 404)):
            route = f"userstore/config/{scope}{prefix}retentiondurations"
            single = f"{route}/<uuid:retention_id>"
            yield Row("GET", route, None, "", 200, abroad)
            yield Row("POST", route, {}, "", 400, 400)
            yield Row("GET", single, None, "", 404, 404)
            yield Row("PUT", single, {}, "", 404, 404)
            yield Row("DELETE", single, None, "", 404, 404)
    yield Row("POST", "userstore/config/retention/preview", {"retention_durations": []}, "", 200, 200)
    yield Row("GET", "userstore/config/retention/changes", None, "", 200, 200)
    yield Row("GET", "userstore/config/legalholds", None, "", 200, 200)
    yield Row("POST", "userstore/config/legalholds", {"reason": ""}, "", 400, 400)
    yield Row("DELETE", "userstore/config/legalholds/<uuid:hold_id>", None, "", 204, 404)


def lifecycle_ids(scene: Scene) -> dict[str, str]:
    """What their routes name: a hold that is there, and a setting that is not."""
    security = UUID("3f929a5c-0a3e-4e36-b911-25ff43000bf9")
    held = place_hold(system_caller(scene.environment.id), purpose_id=security, reason="A case.")
    return {
        "<uuid:column_id>": str(scene.column),
        "<uuid:purpose_id>": "7f55f479-3822-4976-a8a9-b789d5c6f152",
        "<uuid:retention_id>": str(uuid4()),
        "<uuid:hold_id>": str(held.public_id),
    }
