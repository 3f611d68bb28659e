"""The functions a selector may apply to a column before it compares. All of them give NULL for NULL.

Meanings are PostgreSQL's (manual 9.3, 9.4, 9.9), with timestamps in UTC; results are exact where PostgreSQL rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from userstore.datatypes import DATA_TYPES, Concrete, DataType, ValueRefused

Apply: TypeAlias = Callable[[Any], Any]


class Modifier(Protocol):
    """The other argument of a function: what it may be, and the function it makes."""

    def read(self, raw: object) -> Apply:
        """The function with this argument set, or `ValueRefused`."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of one column: which kinds it takes, which data type it gives."""

    name: str
    takes: frozenset[Concrete]
    gives: DataType
    apply: Apply | None = None
    modifier: Modifier | None = None


@dataclass(frozen=True, slots=True)
class DateField:
    """The name of a field of a date, such as 'month'."""

    fields: Mapping[str, Apply]

    def read(self, raw: object) -> Apply:
        field = self.fields.get(raw.lower()) if isinstance(raw, str) else None
        if field is None:
            raise ValueRefused("no_date_field", f"the fields are {', '.join(sorted(self.fields))}")
        return lambda day: field(_moment(day))


@dataclass(frozen=True, slots=True)
class Divisor:
    """An integer other than zero."""

    divide: Callable[[int, int], int]

    def read(self, raw: object) -> Apply:
        divisor: int = DATA_TYPES["integer"].form.parse(raw)
        if not divisor:
            raise ValueRefused("division_by_zero", "divide by an integer other than zero")
        return lambda number: self.divide(number, divisor)


def _moment(day: date | datetime) -> datetime:
    if isinstance(day, datetime):
        return day.astimezone(UTC)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _microseconds(moment: datetime) -> int:
    return moment.second * 1_000_000 + moment.microsecond


_PARTS: dict[str, Apply] = {
    "day": lambda moment: moment.day,
    "dow": lambda moment: moment.isoweekday() % 7,
    "doy": lambda moment: moment.timetuple().tm_yday,
    "epoch": lambda moment: Fraction((moment - _EPOCH) // _MICROSECOND, 1_000_000),
    "hour": lambda moment: moment.hour,
    "microseconds": _microseconds,
    "milliseconds": lambda moment: Fraction(_microseconds(moment), 1000),
    "minute": lambda moment: moment.minute,
    "month": lambda moment: moment.month,
    "second": lambda moment: Fraction(_microseconds(moment), 1_000_000),
    "timezone": lambda _: 0,
    "week": lambda moment: moment.isocalendar().week,
    "year": lambda moment: moment.year,
}


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


_TRUNCATIONS: dict[str, Apply] = {
    "day": _day,
    "hour": lambda moment: moment.replace(minute=0, second=0, microsecond=0),
    "microseconds": lambda moment: moment,
    "milliseconds": lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000),
    "minute": lambda moment: moment.replace(second=0, microsecond=0),
    "month": lambda moment: _day(moment).replace(day=1),
    "second": lambda moment: moment.replace(microsecond=0),
    "week": lambda moment: _day(moment) - timedelta(days=moment.weekday()),
    "year": lambda moment: _day(moment).replace(month=1, day=1),
}


def _quotient(number: int, divisor: int) -> int:
    # SQL cuts towards zero, Python rounds down.
    return abs(number) // abs(divisor) * (1 if (number < 0) == (divisor < 0) else -1)


def _remainder(number: int, divisor: int) -> int:
    return number - divisor * _quotient(number, divisor)


_TEXT = frozenset({Concrete.STRING})
_NUMBER = frozenset({Concrete.INTEGER})
_DAYS = frozenset({Concrete.DATE, Concrete.TIMESTAMP})
_INTEGER, _STRING, _TIMESTAMP = DATA_TYPES["integer"], DATA_TYPES["string"], DATA_TYPES["timestamp"]

_ALL = (
    Function("ABS", _NUMBER, _INTEGER, apply=abs),
    Function("CHAR_LENGTH", _TEXT, _INTEGER, apply=len),
    Function("CHARACTER_LENGTH", _TEXT, _INTEGER, apply=len),
    Function("DATE_PART", _DAYS, _INTEGER, modifier=DateField(_PARTS)),
    Function("DATE_TRUNC", _DAYS, _TIMESTAMP, modifier=DateField(_TRUNCATIONS)),
    Function("DIV", _NUMBER, _INTEGER, modifier=Divisor(_quotient)),
    Function("LOWER", _TEXT, _STRING, apply=str.lower),
    Function("MOD", _NUMBER, _INTEGER, modifier=Divisor(_remainder)),
    Function("UPPER", _TEXT, _STRING, apply=str.upper),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.name: function for function in _ALL})
MODIFIER_FIRST = frozenset({"DATE_PART", "DATE_TRUNC"})
COLUMN_FIRST = frozenset({"DIV", "MOD"})
