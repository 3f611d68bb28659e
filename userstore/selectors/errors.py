"""What is wrong with a selector, and where."""

from __future__ import annotations


class SelectorError(Exception):
    """A selector cannot be used; says what is wrong, at which character, and what would be right.

    `position` counts characters from 1, as PostgreSQL does; the end of the text is one beyond its last character.
    Neither literals of the text nor bound values are quoted: both may be personal data.
    """

    kind = "invalid"
    field = "selector"

    def __init__(self, message: str, *, position: int, remedy: str) -> None:
        super().__init__(message, position, remedy)
        self.message = message
        self.position = position
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} at character {self.position}: {self.remedy}"


class SelectorTooCostly(SelectorError):
    """Deciding the selector for one subject would take more combinations of array elements than are tried."""
