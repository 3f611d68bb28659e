"""What code that works with states is asked: values in their order, with the rows that are there before the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

Blanks: TypeAlias = Mapping[str, Any]
"""The states that a function names: what its rows begin as, None where it only reads them."""
Seen: TypeAlias = Mapping[str, Any]
"""Rows of states that a function only reads, by the state's name; None where there is no row."""


class Folded(NamedTuple):
    """What a function answered, and what it makes of rows of the record's key, by the state's name."""

    answer: Any
    rows: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Folding:
    """Values that are worked on one after another: each sees the rows as those before it left them.

    `owners` say which values are of one record, `rows` what there is by state and key.
    """

    owners: Sequence[int]
    keys: Sequence[str]
    arguments: Sequence[Sequence[Any]]
    reads: Sequence[Seen]
    rows: Mapping[str, Mapping[str, Any]]
