"""What a list can be ordered by and filtered on: each list declares its keys, and there are no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, Lookup, OuterRef, Q, Value
from django.utils.dateparse import parse_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST_MOMENT = 18
_COMPARISONS = {"EQ": "exact", "GT": "gt", "GE": "gte", "LT": "lt", "LE": "lte"}
OPERATORS = ("EQ", "NE", "GT", "GE", "LT", "LE", "LK", "NL", "IL", "HAS")


class _Like(Lookup):
    """`column like pattern`, the pattern with `%` and `_` as SQL has them."""

    operator = "like"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} {self.operator} {right}", (*left_values, *right_values)


class _NotLike(_Like):
    operator = "not like"


class _LikeInAnyCase(_Like):
    operator = "ilike"


_PATTERNS: Mapping[str, type[_Like]] = {"LK": _Like, "NL": _NotLike, "IL": _LikeInAnyCase}


class KeyMisused(ValueError):
    """The key is not compared in this way. The message is safe to show."""


class ValueMisused(KeyMisused):
    """The key has no such value."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: the field behind it, and how its values are written in filters and cursors.

    `read` raises ValueError for what is no value of the field. The field is never null.
    """

    field: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str
    takes_patterns: bool = False
    sorts: bool = True

    def condition(self, operator: str, text: str) -> Q:
        """Compare the field with a value.

        Raises:
            KeyMisused: the operator does not fit the key.
            ValueMisused: the value is none.
        """
        if operator in _PATTERNS and self.takes_patterns:
            return Q(_PATTERNS[operator](F(self.field), Value(self._value(text))))
        if operator == "NE":
            return ~Q(**{self.field: self._value(text)})
        if operator not in _COMPARISONS:
            raise KeyMisused(f"{operator} does not fit this key.")
        return Q(**{f"{self.field}__{_COMPARISONS[operator]}": self._value(text)})

    def _value(self, text: str) -> Any:
        try:
            return self.read(text)
        except (ValueError, OverflowError):
            raise ValueMisused("This is no value of the key.") from None


@dataclass(frozen=True, slots=True)
class Members:
    """A key that has many values: HAS asks for one of them. Nothing is ordered by it."""

    model: type[models.Model]
    owner: str
    field: str
    sorts: bool = False

    def condition(self, operator: str, text: str) -> Q:
        """Ask whether a value is among those of the row; `KeyMisused` for all other questions."""
        if operator != "HAS":
            raise KeyMisused(f"{operator} does not fit this key, HAS does.")
        try:
            wanted = UUID(text)
        except ValueError:
            raise ValueMisused("This is no value of the key.") from None
        manager: Any = self.model._default_manager
        return Q(Exists(manager.filter(**{self.owner: OuterRef("pk"), self.field: wanted})))


Keys = Mapping[str, Key | Members]


def _read_text(text: str) -> str:
    if "\0" in text:
        raise ValueError
    text.encode()
    return text


def _read_number(text: str) -> int:
    if not text.isascii() or len(text) > 10:
        raise ValueError
    return int(text)


def _read_moment(text: str) -> datetime:
    """Read Unix microseconds, as cursors have them, or RFC 3339."""
    if text.isascii() and text.removeprefix("-").isdigit():
        if len(text) > _LONGEST_MOMENT:
            raise ValueError
        return _EPOCH + timedelta(microseconds=int(text))
    found = parse_datetime(text)
    if found is None or found.tzinfo is None:
        raise ValueError
    return found.astimezone(UTC)


def _read_flag(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError
    return text.lower() == "true"


def text_key(field: str) -> Key:
    """A text; LK, NL and IL take patterns."""
    return Key(field, _read_text, lambda value: quote(value, safe=" "), takes_patterns=True)


def id_key(field: str, *, sorts: bool = True) -> Key:
    """A UUID. One behind a reference does not sort."""
    return Key(field, UUID, sorts=sorts)


def number_key(field: str, *, sorts: bool = True) -> Key:
    """A whole number."""
    return Key(field, _read_number, sorts=sorts)


def moment_key(field: str) -> Key:
    """A time: Unix microseconds, in filters RFC 3339 as well."""
    return Key(field, _read_moment, lambda value: str((value - _EPOCH) // _MICROSECOND))


def flag_key(field: str) -> Key:
    """True or false."""
    return Key(field, _read_flag, lambda value: str(value).lower())


def read_cursor_value(key: Key, text: str) -> Any:
    """Read a value that a cursor carries; ValueError or OverflowError where it is none."""
    return key.read(unquote(text))


BY_ID: Keys = {"id": id_key("public_id")}
BY_NAME: Keys = {"id": id_key("public_id"), "name": text_key("name"), "created": moment_key("created_at")}
VERSIONED: Keys = {
    **BY_NAME,
    "description": text_key("description"),
    "version": number_key("version", sorts=False),
    "is_system": flag_key("is_system"),
}
