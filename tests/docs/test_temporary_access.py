"""The diagrams of docs/temporary-access.md are the table that decides."""

from __future__ import annotations

from governance.breakglass.diagram import diagram_of
from governance.breakglass.machines import GRANT, REQUEST, REVIEW
from tests.docs.blocks import blocks


def test_the_diagrams_are_drawn_from_the_table() -> None:
    drawn = [block.rstrip("\n") for block in blocks("docs/temporary-access.md", "mermaid")]

    assert drawn == [diagram_of(machine) for machine in (REQUEST, GRANT, REVIEW)]
