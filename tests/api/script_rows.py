"""The rows of what scripts use in the isolation matrix."""

from __future__ import annotations

from uuid import uuid4

from tests.api.rows import Row


def script_rows() -> list[Row]:
    """Secrets and hosts that nobody has."""
    return [
        Row("GET", "tokenizer/policies/secret", abroad=200),
        Row("POST", "tokenizer/policies/secret", {"secret": {"name": "1 no"}}, service=400, abroad=400),
        Row("PUT", "tokenizer/policies/secret/<uuid:secret_id>", {"secret": {"value": "s"}}, service=404),
        Row("DELETE", "tokenizer/policies/secret/<uuid:secret_id>", service=404),
        Row("GET", "governance/scripthosts", abroad=200),
        Row("POST", "governance/scripthosts", {"host": "no host"}, service=400, abroad=400),
        Row("DELETE", "governance/scripthosts/<uuid:host_id>", service=404),
        Row("GET", "governance/scriptnotes/<uuid:note_id>", service=404),
    ]


def script_ids() -> dict[str, str]:
    """Ids to put into addresses."""
    return {f"<uuid:{name}>": str(uuid4()) for name in ("secret_id", "host_id", "note_id")}
