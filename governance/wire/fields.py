"""Reading JSON objects as the wire contract has them: keys in any case, `null` means the zero value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from governance.errors import Invalid

_NOTHING = UUID(int=0)
_LARGEST = 2**31 - 1


class Fields:
    """One JSON object; every getter returns the type it names or raises `Invalid` with the dotted field.

    Getters without a `default` raise `Invalid` where the key is absent or null.
    """

    __slots__ = ("_given", "_path")

    def __init__(self, given: object, path: str = "") -> None:
        if not isinstance(given, Mapping):
            raise Invalid("This has to be a JSON object.", field=path or None)
        self._path = path
        # Of keys that differ only in case the last counts, as in the contract's first implementation.
        self._given = {str(key).lower(): value for key, value in given.items()}

    def path(self, name: str) -> str:
        """The dotted name of a field, as errors show it."""
        return f"{self._path}.{name}" if self._path else name

    def has(self, name: str) -> bool:
        """Whether the key is there, null included."""
        return name in self._given

    def raw(self, name: str) -> Any:
        """The value as it came, None where absent."""
        return self._given.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """A text without NUL characters, which PostgreSQL does not store."""
        value = self._value(name, default)
        if not isinstance(value, str) or "\0" in value:
            raise Invalid("This has to be a text.", field=self.path(name))
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Invalid("This text is not valid Unicode.", field=self.path(name)) from None
        return value

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """A boolean."""
        value = self._value(name, default)
        if not isinstance(value, bool):
            raise Invalid("This has to be true or false.", field=self.path(name))
        return value

    def kept_text(self, name: str, stored: str) -> str:
        """A text: what is stored where the key is absent, "" where it is null."""
        return self.text(name, "") if self.has(name) else stored

    def kept_flag(self, name: str, *, stored: bool) -> bool:
        """A boolean: what is stored where the key is absent, false where it is null."""
        return self.flag(name, default=False) if self.has(name) else stored

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number from 0 to 2³¹-1."""
        value = self._value(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
            raise Invalid("This has to be a whole number from 0 on.", field=self.path(name))
        return value

    def kept_number(self, name: str, stored: int) -> int:
        """A whole number: what is stored where the key is absent, 0 where it is null."""
        return self.number(name, 0) if self.has(name) else stored

    def id(self, name: str) -> UUID:
        """A UUID other than zero."""
        found = self.optional_id(name)
        if found is None:
            raise self._missing(name)
        return found

    def optional_id(self, name: str) -> UUID | None:
        """A UUID; absent, null, empty and zero mean None."""
        value = self._given.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise Invalid("This has to be a UUID.", field=self.path(name))
        try:
            found = UUID(value)
        except ValueError:
            raise Invalid("This has to be a UUID.", field=self.path(name)) from None
        return found if found != _NOTHING else None

    def moment(self, name: str) -> datetime | None:
        """A time with its offset (RFC 3339), in UTC; None where absent or null."""
        value = self._given.get(name)
        if value is None or value == "":
            return None
        try:
            found = parse_datetime(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            raise Invalid("This has to be a time such as 2030-01-31T12:00:00Z.", field=self.path(name))
        try:
            return found.astimezone(UTC)
        except OverflowError:
            raise Invalid("This time is beyond the years 1 to 9999.", field=self.path(name)) from None

    def array(self, name: str) -> Sequence[Any]:
        """A JSON array; absent and null are empty."""
        value = self._given.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise Invalid("This has to be an array.", field=self.path(name))
        return value

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A JSON object with keys as they came; absent and null are empty."""
        value = self._given.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise Invalid("This has to be a JSON object.", field=self.path(name))
        return value

    def nested(self, name: str) -> Fields:
        """A nested object; absent and null are an empty one."""
        return Fields(self.mapping(name), self.path(name))

    def nested_list(self, name: str) -> Sequence[Fields]:
        """An array of objects."""
        return [Fields(item, f"{self.path(name)}[{place}]") for place, item in enumerate(self.array(name))]

    def _value(self, name: str, default: object) -> Any:
        value = self._given.get(name)
        if value is not None:
            return value
        if default is None:
            raise self._missing(name)
        return default

    def _missing(self, name: str) -> Invalid:
        return Invalid(f"{self.path(name)} is required.", field=self.path(name))
