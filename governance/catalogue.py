"""What can be named by rights and freezes, although it lives on a floor above.

Governance keeps opaque ids. A floor above enters a `Finder` per kind when its app is ready.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from governance.models import Client, Purpose
from governance.rights import Resource

FREEZABLE_KINDS = ("environment", "purpose", "column", "client", "accessor", "mutator")


class Finder(Protocol):
    """Knows the objects of one kind in the environment that the transaction is in."""

    def names(self) -> Mapping[UUID, str]:
        """Return the name of every object of this kind by public id."""
        ...


@dataclass(frozen=True, slots=True)
class Requestable:
    """What temporary access can be asked for through: its purposes, and its columns by public id and name."""

    resource: Resource
    purposes: frozenset[UUID]
    columns: Mapping[UUID, str]
    is_by_id: bool
    """Whether it finds people by their ids alone, so that finding tells nothing about their values."""


class Requestables(Protocol):
    """Knows what can be asked for in the environment that the transaction is in."""

    def find(self, public_id: UUID) -> Requestable | None:
        """Return one that is in use, None where there is none."""
        ...

    def all(self) -> list[Requestable]:
        """Return every one, by name."""
        ...

    def version_of(self, public_id: UUID) -> str:
        """Return what changes whenever one, or a policy that decides in it, is defined anew; "" where there is none."""
        ...

    def known(self, subject_ids: Collection[UUID]) -> set[UUID]:
        """Return those of some people who are there."""
        ...


class _Purposes:
    def names(self) -> Mapping[UUID, str]:
        return dict(Purpose.objects.values_list("public_id", "name"))


class _Clients:
    def names(self) -> Mapping[UUID, str]:
        return dict(Client.objects.values_list("public_id", "name"))


_uses: dict[str, list[Callable[[UUID], list[str]]]] = {}
_furnishers: list[Callable[[UUID], None]] = []
_completers: list[Callable[[UUID], list[str]]] = []
_finders: dict[str, Finder] = {"purpose": _Purposes(), "client": _Clients()}


_requestables: list[Requestables] = []


def enter_requestables(requestables: Requestables) -> None:
    """Make known what temporary access can be asked for; called once when an app is ready."""
    _requestables[:] = [requestables]


def requestables() -> Requestables:
    """Return what knows what can be asked for."""
    (found,) = _requestables
    return found


def enter(kind: str, finder: Finder) -> None:
    """Make a kind of object known; called once per kind when an app is ready."""
    _finders[kind] = finder


def names_of(kind: str) -> Mapping[UUID, str]:
    """Return public ids and names of all objects of a kind; must run inside an environment."""
    finder = _finders.get(kind)
    return finder.names() if finder is not None else {}


def exists(*, kind: str, public_id: UUID, environment_id: UUID) -> bool:
    """Say whether an object lives in this environment; must run inside it."""
    if kind == "environment":
        return public_id == environment_id
    return public_id in names_of(kind)


def ask_for_uses(kind: str, uses: Callable[[UUID], list[str]]) -> None:
    """Let a floor above name what still uses an object of a kind; asked before that object is retired."""
    _uses.setdefault(kind, []).append(uses)


def uses_of(kind: str, public_id: UUID) -> list[str]:
    """Name what still uses an object on floors above; must run inside an environment."""
    return sorted({name for uses in _uses.get(kind, ()) for name in uses(public_id)})


def furnish_with(furnisher: Callable[[UUID], None]) -> None:
    """Have a floor above make its built-in objects in every new environment, inside the same transaction."""
    _furnishers.append(furnisher)


def furnish(environment_id: UUID) -> None:
    """Make the built-in objects of all floors above; the caller holds the environment's transaction."""
    for furnisher in _furnishers:
        furnisher(environment_id)


def complete_with(completer: Callable[[UUID], list[str]]) -> None:
    """Have a floor above make what its newer versions furnish and an older environment lacks, and name it."""
    _completers.append(completer)


def complete(environment_id: UUID) -> list[str]:
    """Make what floors above furnish and this environment lacks; the caller holds its transaction."""
    return [name for completer in _completers for name in completer(environment_id)]
