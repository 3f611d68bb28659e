"""What a built-in function says of itself, and how it is run: many values at once, each with its own answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

from dataflow.schemas.shapes import Shape


@dataclass(frozen=True, slots=True)
class Failed:
    """A value that a function could not work on. `why` is a word for people, never a part of the value."""

    why: str


Answer: TypeAlias = Any
"""What became of a value, or `Failed`."""
Work: TypeAlias = Callable[[Sequence[Any]], list[Answer]]
"""Takes values, returns an answer for each, in their order."""
Joined: TypeAlias = Callable[[bytes], bytes | None]
"""Takes raw records joined by line feeds, which they have none of, and returns them in order: each line is what the
function alone would make of it. None where any line needs more care, such as one that fails: then all go one by one."""


@dataclass(frozen=True, slots=True)
class KeepsJson:
    """Work on joined records that leaves an object or a list of JSON as one, so that nobody has to look again."""

    work: Joined

    def __call__(self, records: bytes) -> bytes | None:
        """Do the work."""
        return self.work(records)


class ParametersRefused(Exception):
    """Parameters under `with:` make no sense; the text says which and why."""


class Secrets(Protocol):
    """Where functions that need a key have it from: the folder of a flow, or the environment that it runs in."""

    def key_for(self, use: str) -> bytes:
        """Return 32 bytes that are this use's alone and stay the same. Raises `ParametersRefused` without any."""


class NoSecrets:
    """Where nothing has a key: functions that need one are refused."""

    def key_for(self, use: str) -> bytes:
        """Raise `ParametersRefused`."""
        raise ParametersRefused(f"there is no key for {use} here")


class Builtin(Protocol):
    """One built-in function."""

    @property
    def name(self) -> str:
        """What flows call it."""

    @property
    def operator(self) -> str:
        """The operator that it is used with."""

    @property
    def says(self) -> str:
        """One sentence on what it does."""

    def removes(self, parameters: Mapping[str, Any]) -> frozenset[str]:
        """Return the categories of personal data that its results no longer have; `*` is all of them."""

    def gives(self, shape: Shape, parameters: Mapping[str, Any]) -> Shape:
        """Return what comes out where a shape goes in. Raises `ParametersRefused` where it takes no such shape."""

    def prepare(self, shape: Shape, parameters: Mapping[str, Any], secrets: Secrets) -> Work:
        """Return what does the work on values of a shape. Raises `ParametersRefused`."""

    def joined(self, parameters: Mapping[str, Any]) -> Joined | None:
        """Return what does the work on raw records that line feeds join, None where that is no faster."""


@runtime_checkable
class Looking(Protocol):
    """A built-in function that finds categories by how they look: to be for one says not that it is in `fields`."""

    def looks_at_keys(self, parameters: Mapping[str, Any]) -> bool:
        """Say whether it looks at the keys of objects as well."""


@runtime_checkable
class Adding(Protocol):
    """A built-in function whose results have personal data that its values had not."""

    def adds(self, parameters: Mapping[str, Any]) -> frozenset[str]:
        """Return the categories."""
