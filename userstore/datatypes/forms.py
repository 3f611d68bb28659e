"""What a data type must know how to do with its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeAlias, TypeVar
from uuid import UUID

Scalar: TypeAlias = str | int | bool | date | datetime | UUID
JsonScalar: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True)
class Composite:
    """A value of named parts, in the order of its data type's fields; parts that are not there are left out."""

    parts: tuple[tuple[str, Scalar], ...] = field(repr=False)

    def part(self, name: str) -> Scalar | None:
        """The part of a name, None where there is none."""
        return next((value for of, value in self.parts if of == name), None)


Value: TypeAlias = Scalar | Composite
JsonValue: TypeAlias = JsonScalar | Mapping[str, JsonScalar]


class Concrete(StrEnum):
    """The kinds of storage behind the data types; e-mail, phone number and the like are strings with a validator."""

    BOOLEAN = "boolean"
    COMPOSITE = "composite"
    DATE = "date"
    INTEGER = "integer"
    STRING = "string"
    TIMESTAMP = "timestamp"
    UUID = "uuid"


T = TypeVar("T")


class Form(Protocol[T]):
    """Reads, compares and writes the values of one data type.

    `parse` and `comparand` raise `ValueRefused`; `restore` raises `ValueError` on bytes that `canonical` did not make.
    All other methods are total over values of the Python type `kind`.
    """

    kind: type[T]

    def parse(self, raw: object) -> T:
        """Turns JSON, or its text form, into a value."""

    def comparand(self, raw: object) -> T:
        """Turns JSON, or its text form, into something values can be compared with; a validator has no say here."""

    def fold(self, value: T) -> T:
        """Maps values that equality should not tell apart to one of them; idempotent."""

    def canonical(self, value: T) -> bytes:
        """Writes the value so that `restore` gives back exactly it."""

    def restore(self, stored: bytes) -> T:
        """Reads what `canonical` wrote."""

    def render(self, value: T) -> str:
        """Writes the value as accessor rows carry it: always text."""

    def json_value(self, value: T) -> JsonValue:
        """Writes the value as typed rows carry it: JSON booleans, numbers and objects stay what they are."""
