"""What functions that ask the store have alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataflow.functions.protocol import ParametersRefused
from dataflow.store.protocol import Store


class Asking:
    """What functions that ask the store have alike; without one they can be planned, and not be run."""

    name: str
    operator: str
    says: str
    _known: frozenset[str]
    _needed: frozenset[str]

    def __init__(self, store: Store | None) -> None:
        self._store = store

    def removes(self, parameters: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002  the protocol's
        """Return none: what is left is personal data."""
        return frozenset()

    def joined(self, parameters: Mapping[str, Any]) -> None:  # noqa: ARG002  the protocol's
        """Return None: nothing is faster than a batch."""
        return

    def _store_here(self) -> Store:
        if self._store is None:
            raise ParametersRefused("it asks the store, and no server is named")
        return self._store

    def _check(self, parameters: Mapping[str, Any]) -> None:
        unknown, missing = parameters.keys() - self._known, self._needed - parameters.keys()
        if unknown or missing:
            wrong = f"{', '.join(sorted(unknown))} unknown" if unknown else f"{', '.join(sorted(missing))} missing"
            raise ParametersRefused(f"{wrong}; known are {', '.join(sorted(self._known))}")
        for name in self._needed:
            if not isinstance(parameters[name], str) or not parameters[name].strip():
                raise ParametersRefused(f"`{name}` is a text, and not an empty one")
