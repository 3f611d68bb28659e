"""What every way out has in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class FedEvent:
    """One event on its way: `index` is its place in the book, by which whoever gets it twice knows it again."""

    index: int
    event: dict[str, Any]


class Sink(Protocol):
    """Takes events, all of them or none as far as it knows."""

    def __call__(self, events: Sequence[FedEvent]) -> None:
        """Hand over events; return once the receiver has them. Raises `Unsent` where it may not have them."""
        ...
