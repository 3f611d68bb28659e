"""Random selectors as plain trees, their text, and random subjects to try them on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from userstore.datatypes import DATA_TYPES

TYPES = {
    "id": DATA_TYPES["uuid"],
    "name": DATA_TYPES["string"],
    "mail": DATA_TYPES["email"],
    "phone": DATA_TYPES["phonenumber"],
    "age": DATA_TYPES["integer"],
    "ok": DATA_TYPES["boolean"],
    "born": DATA_TYPES["date"],
    "seen": DATA_TYPES["timestamp"],
}

# Small pools, so that random selectors hit random subjects often.
POOLS: dict[str, list[Any]] = {
    "id": [UUID(int=number) for number in (1, 2, 3)],
    "name": ["", "a", "A", "ab", "aXb", "x%y", "x_y", "Zoë", "Zoe\u0308", "O'Neil"],
    "mail": ["", "a@x.test", "a@X.test", "A@x.test", "b@x.test"],
    "phone": ["", "+49 151 55501", "+4915155501", "555-0123", "5550123", "5550123x4"],
    "age": [-7, -1, 0, 1, 2, 7, 41],
    "ok": [True, False],
    "born": [date(1999, 12, 31), date(2000, 2, 29), date(2000, 5, 1)],
    "seen": [datetime(2031, 5, 17, tzinfo=UTC), datetime(2031, 5, 17, 8, 30, 1, 500_000, tzinfo=UTC)],
}
PATTERNS = ["a", "a%", "%b", "a_b", "%", "_", "", "x\\%y", "x\\_y", "%@x.test", "+49 151%", "zo%", "A%B"]
TEXTS = ("name", "mail", "phone")


@dataclass(frozen=True)
class Compared:
    """A comparison; `function` is a pair of name and other argument; `listed` asks for ANY."""

    column: str
    function: tuple[str, Any] | None
    operator: str
    values: tuple[Any, ...]
    listed: bool
    bound: bool


@dataclass(frozen=True)
class IsNull:
    column: str
    negated: bool


@dataclass(frozen=True)
class Negated:
    part: Any


@dataclass(frozen=True)
class Joined:
    word: str
    parts: tuple[Any, ...]


FUNCTIONS: dict[str, list[tuple[str, Any]]] = {
    **{column: [("LOWER", None), ("UPPER", None), ("CHAR_LENGTH", None)] for column in TEXTS},
    "age": [("ABS", None), ("DIV", 2), ("DIV", -2), ("MOD", 3), ("MOD", -3)],
    "born": [("DATE_PART", "month"), ("DATE_PART", "dow")],
    "seen": [("DATE_PART", "second"), ("DATE_PART", "year")],
}
_ORDER = ["=", "!=", "<", ">", "<=", ">="]


@st.composite
def comparisons(draw: st.DrawFn) -> Compared:
    column = draw(st.sampled_from(sorted(TYPES)))
    function = draw(st.none() | st.sampled_from(FUNCTIONS.get(column, [None])))
    gives_text = column in TEXTS and (function is None or function[0] != "CHAR_LENGTH")
    gives_number = column == "age" or (function is not None and not gives_text)
    operators = ["=", "!="] if column == "ok" else [*_ORDER, "LIKE", "ILIKE"] if gives_text else _ORDER
    operator = draw(st.sampled_from(["=", "=", *operators]))
    pool = PATTERNS if operator in ("LIKE", "ILIKE") else POOLS["age"] if gives_number else POOLS[column]
    listed = draw(st.booleans())
    bound = draw(st.booleans())
    size = {"min_size": 0 if bound else 1, "max_size": 3} if listed else {"min_size": 1, "max_size": 1}
    values = tuple(draw(st.lists(st.sampled_from(pool), **size)))
    return Compared(column, function, operator, values, listed, bound)


@st.composite
def equalities(draw: st.DrawFn) -> Compared:
    """Comparisons an index can answer, now and then under the wrong operator for it."""
    column = draw(st.sampled_from(["id", "age", "name", "mail", "phone"]))
    operator = draw(st.sampled_from(["=", "=", "=", "!=", *(["LIKE"] if column in TEXTS else [])]))
    values = draw(st.lists(st.sampled_from(POOLS[column]), min_size=1, max_size=2))
    return Compared(column, None, operator, tuple(values), listed=True, bound=True)


LEAVES = comparisons() | st.builds(IsNull, st.sampled_from(sorted(TYPES)), st.booleans())


def clauses(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda parts: (
            st.builds(Negated, parts)
            | st.builds(Joined, st.sampled_from(["AND", "OR"]), st.lists(parts, min_size=2, max_size=4).map(tuple))
        ),
        max_leaves=10,
    )


CLAUSES = clauses(LEAVES)
LOOKUPS = clauses(equalities())
SUBJECTS = st.fixed_dictionaries(
    {"id": st.sampled_from(POOLS["id"]).map(lambda one: [one])},
    optional={column: st.lists(st.sampled_from(pool), max_size=3) for column, pool in POOLS.items() if column != "id"},
)


def written(clause: Any) -> tuple[str, list[Any]]:
    """The text of a clause, with every joined or negated part in parentheses, and the values of its placeholders."""
    values: list[Any] = []
    return _text(clause, values), values


def _text(clause: Any, values: list[Any]) -> str:
    match clause:
        case IsNull(column, negated):
            return f"{{{column}}} IS {'NOT ' if negated else ''}NULL"
        case Negated(part):
            return f"NOT ({_text(part, values)})"
        case Joined(word, parts):
            return f" {word} ".join(f"({_text(part, values)})" for part in parts)
        case Compared(column, function, operator, given, listed, bound):
            left = _applied(f"{{{column}}}", function)
            if bound:
                values.append(list(given) if listed else given[0])
                return f"{left} {operator} {'ANY (?)' if listed else '?'}"
            literals = ", ".join(_literal(value) for value in given)
            return f"{left} {operator} {f'ANY ARRAY[{literals}]' if listed else literals}"
    raise AssertionError(clause)


def _applied(column: str, function: tuple[str, Any] | None) -> str:
    match function:
        case None:
            return column
        case ("DATE_PART", field):
            return f"DATE_PART('{field}', {column})"
        case (name, None):
            return f"{name}({column})"
        case (name, number):
            return f"{name}({column}, {number})"
    raise AssertionError(function)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    text = value.isoformat() if isinstance(value, date) else str(value)
    return "'" + text.replace("'", "''") + "'"
