"""Clear text that does not slip out by accident."""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar

T = TypeVar("T")

HIDDEN = "Plain(hidden)"


class Plain(Generic[T]):
    """Holds a value in the clear and shows it to nobody but the caller of `reveal()`.

    repr, str, format and logging hide it; json, orjson and pickle refuse it. Not a dataclass on purpose: orjson
    would write one out.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        object.__setattr__(self, "_value", value)

    def reveal(self) -> T:
        """Return the value. Every call is a place a reviewer wants to see."""
        value: T = object.__getattribute__(self, "_value")
        return value

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, specification: str) -> str:
        return HIDDEN

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError("a Plain is not changed, a new one is made")

    def __copy__(self) -> Plain[T]:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Plain[T]:
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("clear text is not serialised")

    __reduce__ = __reduce_ex__  # type: ignore[assignment]  # one refusal for both protocols
