"""The rows of what the analysis knows beside the book, and of feeds, in the isolation matrix."""

from __future__ import annotations

from typing import Any

from tests.api.calling import Scene
from tests.api.rows import Row
from tests.attacks.knowledge import knowledge_ids as planted
from userstore.actions.subjects import create_subject

MARK, JOB = "governance/marks/<uuid:mark_id>", "governance/registered-jobs/<uuid:job_id>"
FEED = "audit/feeds/<uuid:feed_id>"


def knowledge_rows() -> list[Row]:
    """The staff directory, marks, jobs and feeds; what makes no sense changes nothing of them."""
    return [
        Row("GET", "governance/staff", abroad=200),
        Row("PUT", "governance/staff", {"csv": "username,wage\n"}, service=400, abroad=400),
        Row("GET", "governance/marks", abroad=200),
        Row("POST", "governance/marks", {"kind": "famous"}, service=400, abroad=400),
        Row("DELETE", MARK, service=204),
        Row("GET", "governance/registered-jobs", abroad=200),
        Row("POST", "governance/registered-jobs", {"hours": [24]}, service=400, abroad=400),
        Row("DELETE", JOB, service=204),
        Row("GET", "audit/feeds", abroad=200),
        Row("POST", "audit/feeds", {"name": "1 no", "way": "mail"}, service=400, abroad=400),
        Row("GET", FEED),
        Row("PUT", FEED, {"description": "Whose it is."}),
        Row("POST", f"{FEED}/pause"),
        Row("POST", f"{FEED}/resume"),
        Row("DELETE", FEED, service=204),
    ]


def knowledge_ids(scene: Scene) -> dict[str, Any]:
    """Ids to put into addresses."""
    made = planted(scene, watched=create_subject(scene.service.caller).public_id)
    return {f"<uuid:{name}_id>": str(made[name]) for name in ("mark", "job", "feed")}
