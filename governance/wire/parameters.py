"""How the OpenAPI document describes the parameters of lists and versions."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from governance.wire.keys import Keys


def list_parameters(keys: Keys) -> list[OpenApiParameter]:
    """Describe the parameters that every list of these keys takes."""
    sortable = ", ".join(name for name, key in keys.items() if key.sorts)
    return [
        OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 1500; without it up to 1500 are listed."),
        OpenApiParameter("starting_after", str, description="The `next` of the page before; empty for the first."),
        OpenApiParameter("ending_before", str, description="The `prev` of the page behind; `end` for the last page."),
        OpenApiParameter("sort_key", str, description=f"Keys joined by commas, id last: {sortable}."),
        OpenApiParameter("sort_order", str, enum=["ascending", "descending"]),
        OpenApiParameter(
            "filter",
            str,
            description="`('key',OP,'value')`, joined as `(A,AND,B)` or `(A,OR,B)`; operators EQ NE GT GE LT LE, for "
            f"texts LK NL IL (SQL patterns), for what has many values HAS. Keys: {', '.join(keys)}.",
        ),
        OpenApiParameter("version", str, description="The contract's own version, which its clients send. Ignored."),
    ]


def listing(keys: Keys, *, named: str | None, version: str | None) -> list[OpenApiParameter]:
    """Describe the parameters of a list of definitions, by name and version where it has them."""
    found = list_parameters(keys)
    if version is not None:
        found.insert(0, OpenApiParameter("versioned", bool, description="Lists every version as an item of its own."))
    if version is not None and named is not None:
        found.insert(0, OpenApiParameter(version, OpenApiTypes.INT, description="With a name: as of this version."))
    if named is not None:
        found.insert(0, OpenApiParameter(named, str, description="Lists the one of this name, 404 if none is."))
    return found


def reading(version: str | None) -> list[OpenApiParameter]:
    """Describe the parameter that reads a former version."""
    if version is None:
        return []
    return [OpenApiParameter(version, OpenApiTypes.INT, description="As of this version; without it what holds now.")]


def retiring(version: str | None, *, must_be_named: bool) -> list[OpenApiParameter]:
    """Describe the parameter that says which version is retired."""
    if version is None:
        return []
    return [
        OpenApiParameter(
            version,
            {"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string", "enum": ["all"]}]},
            required=must_be_named,
            description="The version that is retired: of the newest, the one below holds again. `all` retires each.",
        )
    ]
