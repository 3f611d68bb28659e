"""The part of an import's page that says where the fields of its file go, with the first records beside it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from governance.errors import GovernanceError
from governance.identities import Caller
from keyring.walls import in_environment
from userstore.importing.preview import Previewed, preview_of
from userstore.importing.sketch import Sketch, sketch_of
from userstore.models import Import

Chosen = tuple[list[str], list[int]]
"""For each field its column or "", and for each `?` of the selector the position of its field or 0."""


def chosen_layout(request: HttpRequest) -> Chosen:
    """Read what the selects of the page say: by position, since names of fields may be somebody's data."""
    columns = [request.POST.get(f"column-{position}", "") for position in range(1, _count(request, "fields") + 1)]
    selecting = [_number(request.POST.get(f"selecting-{n}", "")) for n in range(1, _count(request, "selecting") + 1)]
    return columns, selecting


def shown_layout(caller: Caller, row: Import, *, chosen: Chosen | None, fault: str) -> dict[str, Any]:
    """Return what the page shows of a file that is here: fields, where they go, and the first records as masks.

    Only whoever asked for the import is shown its fields: where they go is theirs to say. What was chosen and does not
    do stays in the selects, beside the fault.
    """
    sketch: Sketch | None = None
    previewed: list[Previewed] = []
    is_own = (row.by_kind, row.by_id) == (caller.kind, caller.id)
    try:
        with in_environment(row.environment_id):
            sketch = sketch_of(row) if is_own else None
        if not fault:
            previewed = preview_of(row, now=timezone.now(), asked=sketch.asked if sketch else None)
    except GovernanceError as error:
        fault = fault or said(error)
    return {
        "previewed": previewed,
        "fault": fault,
        "sketch": sketch,
        "laid_out": _beside(sketch, previewed, chosen) if sketch else [],
        "selecting": _selecting(sketch, chosen) if sketch else [],
    }


def said(error: GovernanceError) -> str:
    """The error and what helps, in one line."""
    return f"{error} {error.remedy or ''}".strip()


def _beside(sketch: Sketch, previewed: list[Previewed], chosen: Chosen | None) -> list[dict[str, Any]]:
    values = [dict(record.values) for record in previewed if record.values]
    columns = chosen[0] if chosen and len(chosen[0]) == len(sketch.fields) else [each.column for each in sketch.fields]
    return [
        {
            "position": field.position,
            "name": field.shown,
            "column": column,
            "selects": field.position in sketch.selecting,
            "masks": [each[column] for each in values if column in each],
        }
        for field, column in zip(sketch.fields, columns, strict=True)
    ]


def _selecting(sketch: Sketch, chosen: Chosen | None) -> list[tuple[int, int]]:
    """For each `?` its number and the position of its field."""
    positions = chosen[1] if chosen and len(chosen[1]) == len(sketch.selecting) else sketch.selecting
    return list(enumerate(positions, start=1))


def _count(request: HttpRequest, name: str) -> int:
    return min(_number(request.POST.get(name, "")), 1000)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
