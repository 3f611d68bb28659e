"""What functions of a flow ask of the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, runtime_checkable
from uuid import UUID


class StoreRefuses(Exception):
    """The store said no, for good: records go to the dead letters. The text is for people and names no value."""


class ValuesRefused(StoreRefuses):
    """The store said no to what it was given: some of it alone may be taken."""


class StoreAway(Exception):
    """The store does not answer: the batch waits, and nothing of it is written."""


@runtime_checkable
class KnowsValues(Protocol):
    """A store at hand: it compares texts with what it has, and has the keys of the flows.

    Everything raises `StoreRefuses` and `StoreAway`.
    """

    def known(self, texts: Sequence[str], *, columns: Sequence[str]) -> dict[str, str]:
        """Return those of some texts that are values of somebody, each with the column that has it."""

    def opened(self, texts: Sequence[str], *, purpose: str, use: str) -> list[str]:
        """Return what sealed texts say, "" where one is none, its person is erased or does not permit the purpose."""

    def tell_of_leaks(self, leaks: Mapping[str, int], *, flow: str, service: str, sink: str) -> None:
        """Put on record how many records of each category were kept from leaving."""


class Store(Protocol):
    """The store as one client sees it. Everything raises `StoreRefuses` and `StoreAway`."""

    def tokenize(self, data: Sequence[str], *, transformer: str, policy: str) -> list[str]:
        """Return a token for each text, in order; equal texts have one."""

    def resolve(self, tokens: Sequence[str], *, purpose: str) -> list[str]:
        """Return what each token stands for, "" where it is unknown, refused or no longer permitted."""

    def permitted(self, subjects: Collection[UUID], *, purpose: str) -> set[UUID]:
        """Return for which people a purpose is permitted now."""
