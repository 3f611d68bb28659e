"""A bounded memory of opened keys."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedMemory(Generic[K, V]):
    """Remembers at most `capacity()` values and forgets those not used for longest, approximately.

    Two generations: a hit in the young one costs one dictionary look-up and no lock; a hit in the old one moves the
    value back; when the young one holds half the capacity, it becomes the old one and the old one is forgotten.
    """

    def __init__(self, *, capacity: Callable[[], int]) -> None:
        self._capacity = capacity
        self._lock = Lock()
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, name: K) -> V | None:
        """Return what is remembered under this name."""
        found = self._young.get(name)
        if found is None and self._old:
            with self._lock:
                found = self._old.pop(name, None)
                if found is not None:
                    self._store(name, found)
        return found

    def put(self, name: K, value: V) -> None:
        """Remember a value."""
        with self._lock:
            self._store(name, value)

    def peek(self, name: K) -> V | None:
        """Return what is remembered under this name, without counting it as used."""
        found = self._young.get(name)
        return self._old.get(name) if found is None else found

    def put_aside(self, name: K, value: V) -> None:
        """Remember a value where there is room for it: nothing is forgotten for its sake."""
        with self._lock:
            room = max(self._capacity() // 2, 1)
            for generation in (self._young, self._old):
                if len(generation) < room:
                    generation[name] = value
                    return

    def forget(self, chosen: Callable[[K, V], bool]) -> None:
        """Forget every value that is chosen. Looks at all of them."""
        with self._lock:
            for generation in (self._young, self._old):
                for name in [name for name, value in generation.items() if chosen(name, value)]:
                    del generation[name]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._young, self._old = {}, {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _store(self, name: K, value: V) -> None:
        if len(self._young) >= max(self._capacity() // 2, 1):
            self._young, self._old = {}, self._young
        self._old.pop(name, None)
        self._young[name] = value
