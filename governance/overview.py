"""What the overview of the console gathers from floors above: work that waits for an officer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Model


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that an officer should look at, with the model whose page shows it."""

    name: str
    model: type[Model]
    pk: object


_sources: list[Callable[[], list[Waiting]]] = []


def offer_unclassified(source: Callable[[], list[Waiting]]) -> None:
    """Let a floor above name what is not classified yet; asked inside the chosen environment."""
    if source not in _sources:
        _sources.append(source)


def unclassified() -> list[Waiting]:
    """Return everything that waits for its PII tag; must run inside an environment."""
    return [waiting for source in _sources for waiting in source()]
