"""What is wrong in a file: where, what, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_TOLD = 200
"""Faults that are told of a file or a flow."""
LONGEST_TOLD = 1_000
"""Characters of each part of one: what somebody named may have any length."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file; lines and columns begin with 1."""

    file: str = ""
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    `where` is the path of the key, as in `services.mask.sinks[0].id`; `remedy` a sentence, empty where there is none
    but to mend what is said.
    """

    place: Place
    where: str
    says: str
    remedy: str = ""

    def __str__(self) -> str:
        named = f"{_short(self.where)}: " if self.where else ""
        return f"{self.place}: {named}{_short(self.says)}" + (f". {_short(self.remedy)}" if self.remedy else "")


class FileRefused(Exception):
    """A file or a flow cannot be used. All that is wrong is told at once, in the order of the files.

    Of very much that is wrong, the first is told.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda each: each.place)[:MOST_TOLD])
        super().__init__("\n".join(map(str, self.faults)))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}..."
