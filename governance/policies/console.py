"""What scripts say to `console`: heard by whoever tries a draft out, and by nobody where a call is live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from governance.policies.asking import Asking

WRITE_LINE = "writeLine"
"""The host function behind `console.log` and its like, which the sandbox calls where a script has it."""
MOST_LINES, LONGEST_LINE = 100, 1_000
"""Lines that one trial shows, and the characters of each; the harness stops there, and so does this side."""

_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Hear what scripts that are compiled and run inside the block say; the lines are in the list it gives."""
    lines: list[str] = []
    token = _heard.set(lines)
    try:
        yield lines
    finally:
        _heard.reset(token)


def heard_calls() -> frozenset[str]:
    """Name the host function that scripts need to be heard; none where nobody listens."""
    return frozenset() if _heard.get() is None else frozenset({WRITE_LINE})


def write_line(_asking: Asking, given: Sequence[Any]) -> None:
    """Keep one line, as long as there is room."""
    lines = _heard.get()
    if lines is not None and len(lines) < MOST_LINES and given and isinstance(given[0], str):
        lines.append(given[0][:LONGEST_LINE])
