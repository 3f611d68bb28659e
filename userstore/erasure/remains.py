"""What an erasure destroyed and what it left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Remains:
    """Counts of what was destroyed, and what is kept: by column and purpose, with the last moment in Unix seconds."""

    values: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    credentials: int = 0
    edges: int = 0
    kept: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """(column, purpose) to (values, until; 0 for no end)."""


def facts_of(remains: Remains) -> Mapping[str, int]:
    """Return what the book says of an erasure beside its handle."""
    kept = sum(count for count, _ in remains.kept.values())
    return {
        "values": remains.values.total(),
        "tokens": remains.tokens,
        "edges": remains.edges,
        **({"kept": kept} if kept else {}),
    }
