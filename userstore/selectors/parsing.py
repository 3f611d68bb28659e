"""Reads selectors: recursive descent over the tokens, NOT before AND before OR as in SQL.

    clause     = conjunction { OR conjunction }
    conjunction = negation { AND negation }
    negation   = ( NOT | "!" ) negation | "(" clause ")" | predicate
    predicate  = expression ( IS [NOT] NULL | operator [ANY] operand )
    expression = {column} [ ->> 'field' ] | FUNCTION "(" ... ")"
    operand    = "(" operand ")" | ARRAY "[" scalar { "," scalar } "]" | scalar
    scalar     = "(" scalar ")" | ? | TRUE | FALSE | integer | 'text', each but ? with an optional ::TYPE

`ALL` alone selects everybody. Words may be written in upper or lower case.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from userstore.selectors.errors import SelectorError
from userstore.selectors.functions import COLUMN_FIRST, FUNCTIONS, MODIFIER_FIRST
from userstore.selectors.lexing import Kind, Token, tokens
from userstore.selectors.syntax import (
    And,
    Array,
    Call,
    Clause,
    Column,
    Comparison,
    Expression,
    Literal,
    Not,
    NullTest,
    Operator,
    Or,
    Placeholder,
    Scalar,
    Selector,
)

DEPTH_LIMIT = 50
LIST_LIMIT = 1500

_OPERATORS = frozenset(Operator)
_EXPECTED_PREDICATE = "write a comparison such as {email} = ?, or ALL for everybody"
_EXPECTED_OPERATOR = "compare with =, !=, <, >, <=, >=, LIKE, ILIKE or IS [NOT] NULL"
_EXPECTED_VALUE = "write ?, a quoted text, an integer, TRUE or FALSE"
_FOREIGN_WORDS = {
    "IN": "write = ANY (?) with a list as its value",
    "BETWEEN": "write two comparisons joined by AND",
    "NOT": "write NOT before the whole comparison",
    "SIMILAR": "use LIKE",
    "NULL": "write IS NULL or IS NOT NULL",
    "ALL": "ALL stands alone and selects everybody",
}


def parse(text: str) -> Selector:
    """Reads a selector, or raises `SelectorError` with the position of what cannot be read."""
    parser = _Parser(tokens(text))
    clause = parser.selector()
    return Selector(text=text, clause=clause, columns=tuple(parser.columns.values()), placeholders=parser.placeholders)


class _Parser:
    """One pass over the tokens; keeps the columns and counts the placeholders it meets."""

    def __init__(self, found: tuple[Token, ...]) -> None:
        self._tokens = found
        self._next = 0
        self._depth = 0
        self.columns: dict[str, str] = {}
        self.placeholders = 0

    def selector(self) -> Clause | None:
        everybody = self._take(Kind.WORD, "ALL")
        clause = None if everybody else self._clause()
        if self._token.kind is not Kind.END:
            remedy = _FOREIGN_WORDS["ALL"] if everybody else "join comparisons with AND or OR"
            raise self._error("the selector should end here", remedy=remedy)
        return clause

    def _clause(self) -> Clause:
        parts = [self._conjunction()]
        while self._take(Kind.WORD, "OR"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _conjunction(self) -> Clause:
        parts = [self._negation()]
        while self._take(Kind.WORD, "AND"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _negation(self) -> Clause:
        if self._take(Kind.WORD, "NOT") or self._take(Kind.SYMBOL, "!"):
            with self._one_level_deeper():
                return Not(self._negation())
        if self._take(Kind.SYMBOL, "("):
            with self._one_level_deeper():
                clause = self._clause()
                self._demand(")")
                return clause
        return self._predicate()

    def _predicate(self) -> Clause:
        position = self._token.position
        left = self._expression()
        if self._take(Kind.WORD, "IS"):
            negated = self._take(Kind.WORD, "NOT")
            if not self._take(Kind.WORD, "NULL"):
                raise self._error("IS takes only NULL or NOT NULL", remedy="write IS NULL or IS NOT NULL")
            return NullTest(left, negated=negated, position=position)
        operator = self._operator()
        any_of = self._take(Kind.WORD, "ANY")
        return Comparison(left, operator, self._operand(any_of=any_of), any_of=any_of, position=position)

    def _expression(self) -> Expression:
        token = self._token
        if token.kind is Kind.COLUMN:
            return self._column()
        if token.kind is Kind.WORD and token.text in FUNCTIONS:
            return self._call()
        if token.kind is Kind.WORD and self._tokens[self._next + 1].text == "(":
            raise self._error("no such function", remedy=f"the functions are {', '.join(sorted(FUNCTIONS))}")
        raise self._error(f"a comparison cannot start with {token.kind}", remedy=self._remedy(_EXPECTED_PREDICATE))

    def _column(self) -> Column:
        token = self._advance()
        self.columns.setdefault(token.text.lower(), token.text)
        field = None
        if self._take(Kind.SYMBOL, "->>"):
            if self._token.kind is not Kind.TEXT:
                raise self._error("->> takes the name of a field", remedy="write {address}->>'street'")
            field = self._advance().text
        return Column(token.text, field, token.position)

    def _call(self) -> Call:
        with self._one_level_deeper():
            name = self._advance()
            self._demand("(")
            modifier = None
            if name.text in MODIFIER_FIRST:
                modifier = self._scalar()
                self._demand(",")
            argument = self._expression()
            if name.text in COLUMN_FIRST:
                self._demand(",")
                modifier = self._scalar()
            self._demand(")")
            return Call(name.text, argument, modifier, name.position)

    def _operator(self) -> Operator:
        token = self._token
        if token.kind in (Kind.SYMBOL, Kind.WORD) and token.text in _OPERATORS:
            return Operator(self._advance().text)
        raise self._error("an operator is missing", remedy=self._remedy(_EXPECTED_OPERATOR))

    def _operand(self, *, any_of: bool) -> Scalar | Array:
        if self._take(Kind.SYMBOL, "("):
            with self._one_level_deeper():
                operand = self._operand(any_of=any_of)
                self._demand(")")
                return operand
        position = self._token.position
        an_array = self._token.kind is Kind.WORD and self._token.text == "ARRAY"
        operand = self._array() if an_array else self._scalar()
        if isinstance(operand, Array) and not any_of:
            raise SelectorError("an array needs ANY", position=position, remedy="write = ANY ARRAY[...]")
        if isinstance(operand, Literal) and any_of:
            raise SelectorError("ANY needs a list", position=position, remedy="write = ANY (?) or = ANY ARRAY[...]")
        return operand

    def _array(self) -> Array:
        position = self._advance().position
        self._demand("[")
        items = [self._scalar()]
        while self._take(Kind.SYMBOL, ","):
            items.append(self._scalar())
        self._demand("]")
        if len(items) > LIST_LIMIT:
            remedy = f"a list has at most {LIST_LIMIT} values"
            raise SelectorError("the array is too long", position=position, remedy=remedy)
        return Array(tuple(items), position)

    def _scalar(self) -> Scalar:
        if self._take(Kind.SYMBOL, "("):
            with self._one_level_deeper():
                scalar = self._scalar()
                self._demand(")")
                return scalar
        token = self._token
        if self._take(Kind.SYMBOL, "?"):
            self.placeholders += 1
            return Placeholder(self.placeholders, token.position)
        boolean = token.kind is Kind.WORD and token.text in ("TRUE", "FALSE")
        if boolean or token.kind in (Kind.INTEGER, Kind.TEXT):
            self._advance()
            return Literal(token.kind, token.text, self._cast(), token.position)
        raise self._error("a value is missing", remedy=self._remedy(_EXPECTED_VALUE))

    def _cast(self) -> str | None:
        if not self._take(Kind.SYMBOL, "::"):
            return None
        if self._token.kind is not Kind.WORD:
            raise self._error(":: takes the name of a type", remedy="write for example '2031-05-17'::DATE")
        return self._advance().text

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> Token:
        token = self._token
        self._next += token.kind is not Kind.END
        return token

    def _take(self, kind: Kind, text: str) -> bool:
        taken = self._token.kind is kind and self._token.text == text
        self._next += taken
        return taken

    def _demand(self, symbol: str) -> None:
        if not self._take(Kind.SYMBOL, symbol):
            raise self._error(f"{symbol} is missing", remedy=f"put {symbol} here")

    def _remedy(self, otherwise: str) -> str:
        token = self._token
        return _FOREIGN_WORDS.get(token.text, otherwise) if token.kind is Kind.WORD else otherwise

    def _error(self, message: str, *, remedy: str) -> SelectorError:
        return SelectorError(message, position=self._token.position, remedy=remedy)

    @contextmanager
    def _one_level_deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise self._error("the selector is nested too deeply", remedy=f"at most {DEPTH_LIMIT} levels are read")
        yield
        self._depth -= 1
