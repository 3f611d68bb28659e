"""What a data type must know how to do with its values."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeAlias, TypeVar
from uuid import UUID

Value: TypeAlias = str | int | bool | date | datetime | UUID
JsonScalar: TypeAlias = str | int | bool


class Concrete(StrEnum):
    """The kinds of storage behind the data types; e-mail, phone number and the like are strings with a validator."""

    BOOLEAN = "boolean"
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

    def json_value(self, value: T) -> JsonScalar:
        """Writes the value as typed rows carry it: JSON booleans and numbers stay what they are."""
