"""What a `SealedField` gives when it is read."""

from __future__ import annotations

from typing import Any, NoReturn
from uuid import UUID

from keyring.keys import KeyKind, key_by_id
from keyring.sealing import key_id_of

HIDDEN = "SealedText(hidden)"


class SealedBytes(bytes):
    """A sealed value as the database keeps it; the type tells it from bytes somebody wants sealed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"SealedBytes({len(self)} bytes)"

    __str__ = __repr__


class SealedText:
    """Sealed model text in its place; only `reveal()` opens it."""

    __slots__ = ("_environment_id", "_place", "_sealed")

    def __init__(self, *, environment_id: UUID, sealed: SealedBytes, place: bytes) -> None:
        self._environment_id = environment_id
        self._sealed = sealed
        self._place = place

    @property
    def sealed(self) -> SealedBytes:
        """The sealed bytes."""
        return self._sealed

    def reveal(self) -> str:
        """Return the text; raise `Unsealable` where the row was copied or altered or its key is gone."""
        key = key_by_id(self._environment_id, key_id_of(self._sealed), kind=KeyKind.TEXT)
        return key.unseal(self._sealed, self._place).decode()

    def is_at(self, place: bytes) -> bool:
        """Say whether this text belongs to that place."""
        return self._place == place

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SealedText):
            return NotImplemented
        return self._place == other._place and self._sealed == other._sealed

    def __hash__(self) -> int:
        return hash((self._place, self._sealed))

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, specification: str) -> str:
        return HIDDEN

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("sealed text does not leave its row")

    def __copy__(self) -> SealedText:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> SealedText:
        return self
