"""The shapes this door answers with, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

ENTRY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "v": {"type": "integer", "description": "Version of the body's shape."},
        "id": {"type": "string", "format": "uuid"},
        "at": {"type": "string", "format": "date-time"},
        "recorded_at": {"type": "string", "format": "date-time", "description": "Set by the database."},
        "written_at": {
            "type": "string",
            "format": "date-time",
            "description": "The same as part of what is sealed; older entries do not have it.",
        },
        "environment": {"type": "string", "format": "uuid"},
        "kind": {"type": "string"},
        "outcome": {"type": "string", "enum": ["done", "refused", "failed"]},
        "actor": {
            "type": "object",
            "properties": {
                "kind": {"type": "string", "enum": ["operator", "client", "subject", "system", "anonymous"]},
                "id": {"type": "string", "format": "uuid", "nullable": True},
            },
        },
        "request_id": {"type": "string", "nullable": True},
        "decision": {"type": "string", "format": "uuid", "nullable": True},
        "facts": {"type": "object", "additionalProperties": True},
    },
}

ENTRY_PAGE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "data": {"type": "array", "items": ENTRY},
        "has_next": {"type": "boolean"},
        "next": {"type": "string", "description": "Cursor for `starting_after`; `end` when there is no more."},
    },
}
