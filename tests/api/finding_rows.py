"""The rows of the analysis in the isolation matrix: a finding of the scene, and nothing that is expected."""

from __future__ import annotations

from uuid import uuid4

from tests.api.calling import Scene
from tests.api.knowledge_rows import knowledge_ids, knowledge_rows
from tests.api.rows import Row
from tests.planted_findings import found

FINDING = "audit/findings/<uuid:finding_id>"


def finding_rows() -> list[Row]:
    """Entries of the book; findings, what is said to them, and what is expected because of them."""
    return [
        Row("GET", "audit/entries", abroad=200),
        Row("GET", "audit/entries/<uuid:entry_id>", service=404),
        Row("GET", "audit/export", abroad=200),
        Row("GET", "audit/findings", abroad=200),
        Row("GET", FINDING),
        Row("GET", f"{FINDING}/bundle"),
        Row("PUT", f"{FINDING}/owner", service=204),
        Row("POST", f"{FINDING}/comments", {"comment": "Asked the team lead."}, service=204),
        Row("PUT", f"{FINDING}/verdict", {"verdict": "fine", "comment": "x"}, service=400, abroad=400),
        Row("POST", f"{FINDING}/expectations", {"days": 14}, service=201),
        Row("DELETE", "audit/expectations/<uuid:expectation_id>", service=404),
        *knowledge_rows(),
    ]


def finding_ids(scene: Scene) -> dict[str, str]:
    """Ids to put into addresses."""
    finding = found(scene.environment.id).id
    return {"<uuid:finding_id>": str(finding), "<uuid:expectation_id>": str(uuid4()), **knowledge_ids(scene)}
