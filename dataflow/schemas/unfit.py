"""What says that a value has not the shape that it should have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Check = Callable[[Any, str], Any]
"""Returns the value as code sees it, or raises `ValueUnfit`; the text is the path so far."""


class ValueUnfit(Exception):
    """A value has not the shape that it should have. Says where and what, never the value."""


def at_path(path: str) -> str:
    """Return how a place in a record is named in messages."""
    return f"${path}" if path else "the record"
