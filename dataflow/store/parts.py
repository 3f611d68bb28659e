"""How much one question to the store holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

AT_ONCE = 1_000
"""Texts, tokens or people of one call: one entry in the book."""

T = TypeVar("T")


def parts(all_of: Iterable[T], *, at_once: int = AT_ONCE) -> Iterator[list[T]]:
    """Yield what is asked for in calls that the store takes."""
    rest = iter(all_of)
    while some := list(islice(rest, at_once)):
        yield some
