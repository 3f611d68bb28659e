"""What functions of a flow ask of the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID


class StoreRefuses(Exception):
    """The store said no, for good: records go to the dead letters. The text is for people and names no value."""


class ValuesRefused(StoreRefuses):
    """The store said no to what it was given: some of it alone may be taken."""


class StoreAway(Exception):
    """The store does not answer: the batch waits, and nothing of it is written."""


class Store(Protocol):
    """The store as one client sees it. Everything raises `StoreRefuses` and `StoreAway`."""

    def tokenize(self, data: Sequence[str], *, transformer: str, policy: str) -> list[str]:
        """Return a token for each text, in order; equal texts have one."""

    def resolve(self, tokens: Sequence[str], *, purpose: str) -> list[str]:
        """Return what each token stands for, "" where it is unknown, refused or no longer permitted."""

    def permitted(self, subjects: Collection[UUID], *, purpose: str) -> set[UUID]:
        """Return for which people a purpose is permitted now."""
