"""The rows of the isolation matrix for the seal service and for erasures."""

from __future__ import annotations

from uuid import uuid4

from tests.api.calling import Scene
from tests.api.rows import Row

SEALING = {"purpose": {"name": "operational"}, "items": []}


def sealing_rows(scene: Scene) -> list[Row]:
    """Every call of the seal service."""
    return [
        Row("POST", "seal/seal", SEALING, abroad=200),
        Row("POST", "seal/unseal", SEALING, abroad=200),
        Row("POST", "seal/reseal", SEALING, abroad=200),
        Row("GET", "seal/keys", query=f"?client_id={scene.service.client.public_id}"),
        Row("POST", "seal/keys", {"client_id": str(scene.service.client.public_id)}, service=201),
        Row("DELETE", "seal/keys/<uuid:client_id>/<uuid:key_id>", service=404),
    ]


def erasure_rows() -> list[Row]:
    """Every call about erasures."""
    return [
        Row("GET", "userstore/erasures", abroad=200),
        Row("POST", "userstore/erasures", {"user_id": str(uuid4())}, service=404),
        Row("GET", "userstore/erasures/<uuid:erasure_id>", service=404),
    ]
