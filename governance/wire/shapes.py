"""Shapes of the OpenAPI document that several doors share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
ID: dict[str, Any] = {"type": "string", "format": "uuid"}
FLAG: dict[str, Any] = {"type": "boolean"}
NUMBER: dict[str, Any] = {"type": "integer"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
ANY: dict[str, Any] = {"type": "object", "additionalProperties": True}
REFERENCE: dict[str, Any] = {
    "type": "object",
    "description": "Id or name; both given must mean the same object.",
    "properties": {"id": ID, "name": TEXT},
}
ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {
        "error": {"description": "A text; for conflicts an object with `error`, `id` and `identical`."},
        "request_id": TEXT,
        "field": TEXT,
        "position": NUMBER,
        "remedy": TEXT,
        "decision_id": ID,
        "reasons": {"type": "array", "items": TEXT},
    },
    "required": ["error"],
}


def choice(*texts: str) -> dict[str, Any]:
    """A text out of a fixed set."""
    return {"type": "string", "enum": list(texts)}


def or_null(one: Mapping[str, Any]) -> dict[str, Any]:
    """The same, or null."""
    return {**one, "nullable": True}


def array(items: Mapping[str, Any]) -> dict[str, Any]:
    """An array of one kind of item."""
    return {"type": "array", "items": dict(items)}


def shape(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object with these properties."""
    return {"type": "object", "properties": {name: dict(one) for name, one in properties.items()}}


def page_shape(items: Mapping[str, Any]) -> dict[str, Any]:
    """A page of a list."""
    page = shape(data=array(items), has_next=FLAG, next=TEXT, has_prev=FLAG, prev=TEXT)
    return {**page, "required": list(page["properties"])}
