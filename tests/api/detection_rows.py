"""The rows of the analysis's rules in the isolation matrix: everybody has the same ones, each as they set it."""

from __future__ import annotations

from tests.api.rows import Row

RULE = "governance/detections/<slug:detection>"


def detection_rows() -> list[Row]:
    """All rules, one of them, and what makes no sense to set of it."""
    return [
        Row("GET", "governance/detections", abroad=200),
        Row("GET", RULE, abroad=200),
        Row("PUT", RULE, {"revision": 0, "threshold": 0}, service=400, abroad=400),
        Row("GET", f"{RULE}/backtests", abroad=200),
        Row("POST", f"{RULE}/backtests", {"days": 0}, service=400, abroad=400),
    ]
