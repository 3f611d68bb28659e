"""The rows of reviewed builds in the isolation matrix."""

from __future__ import annotations

from uuid import uuid4

from tests.api.rows import Row


def build_rows() -> list[Row]:
    """Keys, builds, launchers and policies that nobody has."""
    policy = "governance/clients/<uuid:client_id>/workload-policy"
    return [
        Row("GET", "governance/ci-keys", abroad=200),
        Row("POST", "governance/ci-keys", {"name": "ci", "builder_id": "b", "public_key": ""}, service=400, abroad=400),
        Row("DELETE", "governance/ci-keys/<uuid:ci_key_id>", service=404),
        Row("GET", "governance/builds", abroad=200),
        Row("POST", "governance/builds", {"envelope": "{}"}, service=400, abroad=400),
        Row("GET", "governance/builds/<uuid:build_id>", service=404),
        Row("DELETE", "governance/builds/<uuid:build_id>", service=404),
        Row("GET", policy, service=404),
        Row("PUT", policy, {"mode": "audit"}),
        Row("DELETE", policy, service=204),
        Row("GET", "governance/issuer-keys", abroad=200),
        Row("PUT", "governance/issuer-keys", {"issuer": "none"}, service=404),
        Row("GET", "governance/columns/<uuid:column_id>/code"),
        Row("GET", "governance/launchers", abroad=200),
        Row("POST", "governance/launchers", {"name": "", "client_id": str(uuid4()), "public_key": ""}, service=400,
            abroad=400),
        Row("DELETE", "governance/launchers/<uuid:launcher_id>", service=404),
    ]  # fmt: skip


def build_ids() -> dict[str, str]:
    """Ids to put into addresses."""
    return {f"<uuid:{name}>": str(uuid4()) for name in ("ci_key_id", "build_id", "launcher_id")}
