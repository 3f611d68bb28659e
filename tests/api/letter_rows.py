"""The rows of dead letters in the isolation matrix: there are none, and each call says so in its way."""

from __future__ import annotations

from tests.api.rows import Row

_CHOSEN = {"flow": "tests/flow", "letters": ["1-1"]}


def letter_rows() -> list[Row]:
    """They are listed, opened, put back and dropped; elsewhere are others."""
    return [
        Row("GET", "dataflow/dead-letters", query="?flow=tests/flow", abroad=200),
        Row("GET", "dataflow/dead-letters/flows", abroad=200),
        Row(
            "POST",
            "dataflow/dead-letters/open",
            {"flow": "tests/flow", "letter": "1-1", "reason": "it has to be looked at"},
            service=404,
        ),
        Row("POST", "dataflow/dead-letters/replay", _CHOSEN, abroad=200),
        Row("POST", "dataflow/dead-letters/drop", _CHOSEN, abroad=200),
    ]
