"""Brute force: SQL's three-valued logic over every choice of one element per column. Plain, slow, sharing no code."""

from __future__ import annotations

import itertools
import math
import operator
import unicodedata
from functools import cache
from typing import Any

from tests.userstore.selectors.generated import TYPES, Compared, IsNull, Joined, Negated

_OPERATORS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def selected(clause: Any, subject: dict[str, list[Any]]) -> bool:
    """True where the clause is TRUE for some row of the join."""
    columns = [[(column, element) for element in subject.get(column) or [None]] for column in TYPES]
    used = [choice for choice in columns if choice[0][0] in mentioned(clause)]
    return any(truth(clause, dict(row)) is True for row in itertools.product(*used))


def mentioned(clause: Any) -> set[str]:
    match clause:
        case Negated(part):
            return mentioned(part)
        case Joined(_, parts):
            return set().union(*(mentioned(part) for part in parts))
        case _:
            return {clause.column}


def truth(clause: Any, row: dict[str, Any]) -> bool | None:
    match clause:
        case Negated(part):
            inner = truth(part, row)
            return None if inner is None else not inner
        case Joined(word, parts):
            decisive = word == "OR"
            values = [truth(part, row) for part in parts]
            return decisive if decisive in values else None if None in values else not decisive
        case IsNull(column, negated):
            return (row[column] is None) != negated
        case Compared():
            return any_of([compared(clause, row[clause.column], value) for value in clause.values])
    raise AssertionError(clause)


def any_of(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


def compared(clause: Compared, element: Any, value: Any) -> bool | None:
    if element is None:
        return None
    left = element if clause.function is None else applied(clause.function, element)
    if clause.operator in ("LIKE", "ILIKE"):
        left, value = unicodedata.normalize("NFC", left), unicodedata.normalize("NFC", value)
        if clause.operator == "ILIKE":
            left, value = left.lower(), value.lower()
        return like(left, value)
    if clause.function is None:
        left, value = same(clause.column, left), same(clause.column, value)
    elif isinstance(left, str):
        left, value = unicodedata.normalize("NFC", left), unicodedata.normalize("NFC", value)
    return bool(_OPERATORS[clause.operator](left, value))


def same(column: str, value: Any) -> Any:
    """What equality looks at."""
    if column == "mail" and "@" in value:
        local, domain = value.split("@")
        return local + "@" + domain.lower()
    if column == "phone":
        return value.replace(" ", "").replace("-", "")
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


_FIELDS = {"month": "%m", "dow": "%w", "year": "%Y"}
_FUNCTIONS: dict[str, Any] = {
    "LOWER": lambda text, _: text.lower(),
    "UPPER": lambda text, _: text.upper(),
    "CHAR_LENGTH": lambda text, _: len(text),
    "ABS": lambda number, _: abs(number),
    "DIV": lambda number, divisor: math.trunc(number / divisor),
    "MOD": lambda number, divisor: int(math.fmod(number, divisor)),
    "DATE_PART": lambda day, field: (
        day.second + day.microsecond / 1e6 if field == "second" else int(day.strftime(_FIELDS[field]))
    ),
}


def applied(function: tuple[str, Any], element: Any) -> Any:
    name, other = function
    return _FUNCTIONS[name](element, other)


@cache
def like(text: str, pattern: str) -> bool:
    """LIKE by its definition."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return like(text, pattern[1:]) or (bool(text) and like(text[1:], pattern))
    if pattern[0] == "_":
        return bool(text) and like(text[1:], pattern[1:])
    width = 2 if pattern[0] == "\\" else 1
    return text[:1] == pattern[width - 1] and like(text[1:], pattern[width:])
