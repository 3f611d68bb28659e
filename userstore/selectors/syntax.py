"""The syntax tree of a selector: immutable, without types, every part knowing its position."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from userstore.selectors.errors import SelectorError
from userstore.selectors.lexing import COLUMN_NAME, Kind, tokens


class Operator(StrEnum):
    """How a comparison compares."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    GREATER = ">"
    LESS_OR_EQUAL = "<="
    GREATER_OR_EQUAL = ">="
    LIKE = "LIKE"
    ILIKE = "ILIKE"


@dataclass(frozen=True, slots=True)
class Column:
    """`{name}`, or `{name}->>'field'` of a composite one."""

    name: str
    field: str | None
    position: int


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`?`, numbered from 1."""

    number: int
    position: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the text: `TRUE`, `42`, `'text'`, perhaps with a `::TYPE` (in upper case)."""

    kind: Kind
    text: str = field(repr=False)
    cast: str | None
    position: int


Scalar: TypeAlias = Placeholder | Literal


@dataclass(frozen=True, slots=True)
class Array:
    """`ARRAY[a, b, ...]`, only ever behind ANY."""

    items: tuple[Scalar, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a column; `modifier` is its other argument where it takes two."""

    function: str
    argument: Expression
    modifier: Scalar | None
    position: int


Expression: TypeAlias = Column | Call


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`, or with `any_of`: `left operator ANY right`."""

    left: Expression
    operator: Operator
    right: Scalar | Array
    any_of: bool
    position: int


@dataclass(frozen=True, slots=True)
class NullTest:
    """`operand IS NULL`, or with `negated`: `operand IS NOT NULL`."""

    operand: Expression
    negated: bool
    position: int


@dataclass(frozen=True, slots=True)
class Not:
    part: Clause


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Clause, ...]


Clause: TypeAlias = Comparison | NullTest | Not | And | Or


@dataclass(frozen=True, slots=True)
class Selector:
    """A parsed selector. `clause` is None for `ALL`, which selects everybody."""

    text: str = field(repr=False)
    clause: Clause | None = field(repr=False)
    columns: tuple[str, ...]
    placeholders: int

    def rename(self, old: str, new: str) -> str:
        """The text with every `{old}` written `{new}`; literals that look alike stay untouched.

        Raises `SelectorError` where `new` cannot stand between braces or makes the text too long.
        """
        if COLUMN_NAME.fullmatch(new) is None:
            remedy = "use letters, digits, _ and -"
            raise SelectorError("the new name is no name of a column", position=1, remedy=remedy)
        text = self.text
        for token in reversed(tokens(self.text)):
            if token.kind is Kind.COLUMN and token.text.lower() == old.lower():
                text = f"{text[: token.start]}{{{new}}}{text[token.end :]}"
        tokens(text)
        return text
