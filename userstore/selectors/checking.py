"""Checks a selector against the data types of its columns, and reads its literals as values of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from operator import methodcaller

from userstore.datatypes import Concrete, DataType, Value, ValueRefused
from userstore.selectors.conditions import AllOf, Condition, OneOf
from userstore.selectors.errors import SelectorError
from userstore.selectors.functions import FUNCTIONS, Apply, Function, Modifier
from userstore.selectors.lexing import Kind
from userstore.selectors.like import pattern
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

_CASTS = {
    "BOOL": Concrete.BOOLEAN,
    "BOOLEAN": Concrete.BOOLEAN,
    "DATE": Concrete.DATE,
    "INT": Concrete.INTEGER,
    "INTEGER": Concrete.INTEGER,
    "BIGINT": Concrete.INTEGER,
    "TEXT": Concrete.STRING,
    "VARCHAR": Concrete.STRING,
    "TIMESTAMP": Concrete.TIMESTAMP,
    "TIMESTAMPTZ": Concrete.TIMESTAMP,
    "UUID": Concrete.UUID,
}
_PATTERNS = (Operator.LIKE, Operator.ILIKE)
_EQUALITY = (Operator.EQUAL, Operator.UNEQUAL)


@dataclass(frozen=True, slots=True)
class OpenModifier:
    """The other argument of a function, to be bound later."""

    placeholder: Placeholder
    modifier: Modifier


@dataclass(frozen=True, slots=True)
class Reading:
    """What a comparison reads of an element: the functions, innermost first, and the data type of the result."""

    column: str
    steps: tuple[Apply | OpenModifier, ...] = field(repr=False)
    data_type: DataType


@dataclass(frozen=True, slots=True)
class TypedTest:
    """A leaf of a typed selector; `negated` where a NOT stands over it."""

    column: str
    negated: bool


@dataclass(frozen=True, slots=True)
class TypedComparison(TypedTest):
    """True where the reading compares so with one of the operands; with `listed`, the operands are its list."""

    reading: Reading
    operator: Operator
    operands: tuple[Value | Placeholder, ...] = field(repr=False)
    listed: Placeholder | None


@dataclass(frozen=True, slots=True)
class TypedNullTest(TypedTest):
    """True where the column has no element, or the element has no such field."""

    steps: tuple[Apply | OpenModifier, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TypedSelector:
    """A selector that fits its columns. `condition` is None for `ALL`; `columns` are spelt as in the types given."""

    selector: Selector
    condition: Condition[TypedTest] | None = field(repr=False)
    columns: tuple[str, ...]


def typed(selector: Selector, types: Mapping[str, DataType]) -> TypedSelector:
    """Fits a selector to its columns (names in any letter case), or raises `SelectorError`."""
    check = _Check(types)
    condition = None if selector.clause is None else check.clause(selector.clause, negated=False)
    return TypedSelector(selector, condition, tuple(check.names[column.lower()] for column in selector.columns))


class _Check:
    """One pass over the syntax tree; moves each NOT down into the leaves."""

    def __init__(self, types: Mapping[str, DataType]) -> None:
        self._types = types
        self.names = {name.lower(): name for name in types}

    def clause(self, clause: Clause, *, negated: bool) -> Condition[TypedTest]:
        match clause:
            case Not(part):
                return self.clause(part, negated=not negated)
            case And(parts) | Or(parts):
                checked = tuple(self.clause(part, negated=negated) for part in parts)
                return AllOf(checked) if isinstance(clause, And) != negated else OneOf(checked)
            case NullTest():
                reading = self._reading(clause.operand)
                return TypedNullTest(reading.column, clause.negated != negated, reading.steps)
            case Comparison():
                return self._comparison(clause, negated=negated)

    def _comparison(self, comparison: Comparison, *, negated: bool) -> TypedComparison:
        reading = self._reading(comparison.left)
        _refuse_operator(comparison, reading.data_type)
        operands, listed = _right(comparison, reading.data_type)
        return TypedComparison(reading.column, negated, reading, comparison.operator, operands, listed)

    def _reading(self, expression: Expression) -> Reading:
        if isinstance(expression, Column):
            return self._column(expression)
        inner = self._reading(expression.argument)
        function = FUNCTIONS[expression.function]
        if inner.data_type.concrete not in function.takes:
            kinds = " or ".join(sorted(function.takes))
            raise SelectorError(
                f"{function.name} does not take the type {inner.data_type.name}",
                position=expression.argument.position,
                remedy=f"give it a column of {kinds}",
            )
        return Reading(inner.column, (*inner.steps, _step(function, expression)), function.gives)

    def _column(self, column: Column) -> Reading:
        name = self.names.get(column.name.lower())
        if name is None:
            near = get_close_matches(column.name.lower(), self.names, n=1)
            remedy = f"did you mean {{{self.names[near[0]]}}}?" if near else "use a column that is defined"
            raise SelectorError(f"there is no column {{{column.name}}}", position=column.position, remedy=remedy)
        data_type = self._types[name]
        return Reading(name, (), data_type) if column.field is None else _of_field(name, data_type, column)


def _of_field(name: str, data_type: DataType, column: Column) -> Reading:
    wanted = (column.field or "").lower()
    field_meant = next((field for field in data_type.fields if field.struct_name == wanted), None)
    if field_meant is not None:
        return Reading(name, (methodcaller("part", wanted),), field_meant.data_type)
    known = ", ".join(field.struct_name for field in data_type.fields)
    otherwise = f"->> reads a field of a composite column; this one is of type {data_type.name}"
    raise SelectorError(
        f"{{{name}}} has no such field" if known else f"{{{name}}} has no fields",
        position=column.position,
        remedy=f"the fields are {known}" if known else otherwise,
    )


def _refuse_operator(comparison: Comparison, data_type: DataType) -> None:
    operator = comparison.operator
    if data_type.concrete is Concrete.COMPOSITE and operator not in _EQUALITY:
        remedy = f"compare a field: ->>'{data_type.fields[0].struct_name}'"
    elif operator in _PATTERNS and data_type.concrete is not Concrete.STRING:
        remedy = f"{operator} compares texts; use = or !="
    elif operator not in (*_PATTERNS, *_EQUALITY) and data_type.concrete is Concrete.BOOLEAN:
        remedy = "compare a boolean with = or !="
    else:
        return
    raise SelectorError(
        f"{operator} does not fit the type {data_type.name}", position=comparison.position, remedy=remedy
    )


def _step(function: Function, call: Call) -> Apply | OpenModifier:
    if function.apply is not None:
        return function.apply
    if function.modifier is None or call.modifier is None:
        raise SelectorError(f"{function.name} takes two arguments", position=call.position, remedy="give it both")
    if isinstance(call.modifier, Placeholder):
        return OpenModifier(call.modifier, function.modifier)
    try:
        return function.modifier.read(call.modifier.text)
    except ValueRefused as refusal:
        raise _misfit(refusal, call.modifier) from refusal


def _right(comparison: Comparison, data_type: DataType) -> tuple[tuple[Value | Placeholder, ...], Placeholder | None]:
    right = comparison.right
    if comparison.any_of and isinstance(right, Placeholder):
        return (), right
    scalars = right.items if isinstance(right, Array) else (right,)
    return tuple(_operand(scalar, comparison.operator, data_type) for scalar in scalars), None


def _operand(scalar: Scalar, operator: Operator, data_type: DataType) -> Value | Placeholder:
    if isinstance(scalar, Placeholder):
        return scalar
    _refuse_kind(scalar, data_type)
    try:
        return comparand(_raw(scalar, data_type), operator=operator, data_type=data_type)
    except ValueRefused as refusal:
        raise _misfit(refusal, scalar) from refusal


def comparand(raw: object, *, operator: Operator, data_type: DataType) -> Value:
    """Reads what a column of this data type is compared with, or raises `ValueRefused`."""
    value = data_type.comparand(raw)
    if operator in _PATTERNS and isinstance(value, str):
        pattern(value, ignore_case=operator is Operator.ILIKE)
    return value


def _refuse_kind(literal: Literal, data_type: DataType) -> None:
    if literal.cast is not None and literal.cast not in _CASTS:
        remedy = f"the types are {', '.join(sorted(_CASTS))}"
        raise SelectorError("no such type", position=literal.position, remedy=remedy)
    if literal.cast is not None:
        fits = _CASTS[literal.cast] is data_type.concrete
    elif literal.kind is Kind.TEXT:
        fits = True  # a quoted text takes the type of what it is compared with, as in SQL
    else:
        fits = data_type.concrete is (Concrete.INTEGER if literal.kind is Kind.INTEGER else Concrete.BOOLEAN)
    if not fits:
        remedy = f"compare it with a value of type {data_type.concrete}"
        raise SelectorError(f"the value is not of type {data_type.name}", position=literal.position, remedy=remedy)


def _raw(literal: Literal, data_type: DataType) -> str:
    if literal.kind is Kind.INTEGER and data_type.concrete is Concrete.BOOLEAN:
        return {"1": "true", "0": "false"}.get(literal.text, literal.text)
    return literal.text


def _misfit(refusal: ValueRefused, literal: Literal) -> SelectorError:
    return SelectorError("the value does not fit", position=literal.position, remedy=refusal.remedy)
