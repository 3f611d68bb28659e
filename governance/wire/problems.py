"""The shape of problem documents (RFC 9457), for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse

from governance.wire.shapes import ANY, ID, NUMBER, TEXT, array, shape

PROBLEM: dict[str, Any] = shape(
    type=TEXT,
    title=TEXT,
    status=NUMBER,
    detail=TEXT,
    instance={**TEXT, "description": "The request id."},
    field=TEXT,
    remedy=TEXT,
    decision_id=ID,
    reasons=array(TEXT),
    conflict=ANY,
)

PROBLEMS: dict[tuple[int, str], Any] = {
    (status, "application/problem+json"): OpenApiResponse(response=PROBLEM, description=description)
    for status, description in (
        (400, "The request does not make sense."),
        (401, "Nobody Sealbook knows is calling."),
        (403, "This caller may not do this."),
        (404, "Not found."),
        (409, "Something stands in the way."),
    )
}
