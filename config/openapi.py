"""What the OpenAPI document says about every call alike: the answers of the server around the views."""

from __future__ import annotations

from typing import Any

from config.problems import STATUS, TITLES, speaks_wire
from governance.wire.problems import PROBLEM
from governance.wire.shapes import ERROR

_WIRE, _DOCUMENT = "WireError", "Problem"
_FIRST_ERROR = 400
_ALWAYS = ("unavailable",)
_WITH_INPUT = ("invalid",)
_WITH_BODY = ("invalid", "too_large", "unsupported")
_WITH_PLACE_IN_PATH = ("not_found",)
_WITH_CALLER = ("unauthenticated", "refused", "throttled")


def with_common_answers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give every operation the errors that any call of its kind can meet, each in the dialect of its path.

    A hook of drf-spectacular; whatever a view says about its errors beyond numbers and headers is replaced.
    """
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {_WIRE: ERROR, _DOCUMENT: PROBLEM}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            for kind in _kinds_of(path, operation):
                responses.setdefault(str(STATUS[kind]), {})
            for status in [status for status in responses if int(status) >= _FIRST_ERROR]:
                responses[status] = _error(path, int(status)) | _headers_of(responses[status])
            operation["responses"] = dict(sorted(responses.items()))
    return result


def _kinds_of(path: str, operation: dict[str, Any]) -> set[str]:
    kinds = {*_ALWAYS}
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
        kinds |= {*_WITH_INPUT}
    if "requestBody" in operation:
        kinds |= {*_WITH_BODY}
    if "{" in path:
        kinds |= {*_WITH_PLACE_IN_PATH}
    # An empty requirement among them means that nobody needs a token.
    if operation.get("security") and {} not in operation["security"]:
        kinds |= {*_WITH_CALLER}
    return kinds


def _headers_of(response: dict[str, Any]) -> dict[str, Any]:
    return {"headers": response["headers"]} if "headers" in response else {}


def _error(path: str, status: int) -> dict[str, Any]:
    wire = speaks_wire(path)
    name, media_type = (_WIRE, "application/json") if wire else (_DOCUMENT, "application/problem+json")
    kind = next(kind for kind, number in STATUS.items() if number == status)
    return {
        "description": TITLES[kind],
        "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }
