"""The rows of the isolation matrix for imports of files."""

from __future__ import annotations

from django.utils import timezone

from tests.api.calling import Scene
from tests.api.rows import Row
from userstore.actions.imports import ask_import
from userstore.importing.instructions import Instructions

UPLOAD_ADDRESS = "userstore/upload/dataimport/<uuid:environment_id>/<uuid:import_id>/<slug:secret>"
"""Needs no token: whoever knows the address may put one file there (tests/api/test_data_import.py)."""


def import_rows(scene: Scene) -> list[Row]:
    """Every call about imports, in the order of an import's life."""
    single = "userstore/imports/<uuid:import_id>"
    return [
        Row("GET", "userstore/imports", abroad=200),
        Row("POST", "userstore/imports", {"mutator_id": str(scene.mutator)}, service=201, abroad=400),
        Row("GET", single),
        Row("PUT", f"{single}/content", {"id": 1}),
        Row("POST", f"{single}/run"),
        Row("GET", f"{single}/report"),
        Row("POST", f"{single}/cancel"),
        Row("GET", "userstore/upload/dataimport", abroad=200),
        Row("GET", "userstore/upload/dataimport/<uuid:import_id>"),
    ]


def import_ids(scene: Scene) -> dict[str, str]:
    """An import of the scene that awaits its file."""
    asked = ask_import(scene.service.caller, instructions=Instructions(scene.mutator), now=timezone.now())
    return {"<uuid:import_id>": str(asked.row.pk)}
