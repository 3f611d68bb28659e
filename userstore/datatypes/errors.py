"""What a value is refused with. The value itself is personal data and never becomes part of it."""

from __future__ import annotations


class ValueRefused(Exception):
    """A value does not fit its data type; says which rule and what would fit, never the value.

    `code` is stable and meant for programs, `remedy` is one sentence for people.
    """

    def __init__(self, code: str, remedy: str) -> None:
        super().__init__(code, remedy)
        self.code = code
        self.remedy = remedy

    def __str__(self) -> str:
        return self.remedy
