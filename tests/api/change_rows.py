"""The rows of changes in the isolation matrix: the scene's environment is not protected, so there are none."""

from __future__ import annotations

from tests.api.rows import Row

PROPOSED = {"action": "define_purpose", "arguments": {"name": "fraud"}}


def change_rows() -> list[Row]:
    """Changes that nobody has proposed, and who reaches what: abroad there are others."""
    return [
        Row("GET", "governance/reach", query="?category=contact", abroad=200),
        Row("GET", "governance/changes", abroad=200),
        Row("POST", "governance/changes", PROPOSED, service=409, abroad=409),
        Row("GET", "governance/changes/actions", abroad=200),
        Row("GET", "governance/changes/<uuid:change_id>", service=404),
        Row("POST", "governance/changes/<uuid:change_id>/reject", service=404),
        Row("POST", "governance/changes/<uuid:change_id>/withdraw", service=404),
    ]
