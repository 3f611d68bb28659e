"""What floors above keep of a person goes with the person, in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

Parting = Callable[[UUID, UUID], None]
"""Takes an environment and a person's id. What it does outside the database, it does after the commit: an erasure that
is only tried is taken back."""

_partings: list[Parting] = []


def part_with(parting: Parting) -> None:
    """Have a floor above destroy what it keeps of whoever is deleted or erased; called once when an app is ready."""
    _partings.append(parting)


def part(environment_id: UUID, subject_id: UUID) -> None:
    """Destroy what floors above keep of a person; the caller holds the transaction and the person's lock."""
    for each in _partings:
        each(environment_id, subject_id)
