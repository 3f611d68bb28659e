"""Binds values to the placeholders of a typed selector."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import ge, gt, le, lt
from typing import Any
from uuid import UUID

from userstore.datatypes import Concrete, DataType, Value, ValueRefused
from userstore.datatypes.text import composed
from userstore.selectors.checking import (
    OpenModifier,
    TypedComparison,
    TypedNullTest,
    TypedSelector,
    TypedTest,
    comparand,
)
from userstore.selectors.conditions import Condition, leaves, with_leaves
from userstore.selectors.errors import SelectorError
from userstore.selectors.functions import Apply
from userstore.selectors.like import pattern
from userstore.selectors.matching import Decision, Elements, Test, decision
from userstore.selectors.narrowing import EVERYONE, ID, NOBODY, ByIndex, Narrowing, by_value, narrowed
from userstore.selectors.parsing import LIST_LIMIT
from userstore.selectors.syntax import Operator, Placeholder

# Facts about the subject, not sealed values: they have neither cells nor a blind index.
SYSTEM_COLUMNS = frozenset({"id", "created", "updated", "organization_id", "version"})


@dataclass(frozen=True, slots=True, eq=False)
class BoundSelector:
    """A selector with its values. Its repr shows none of them."""

    columns: tuple[str, ...]
    columns_read: frozenset[str]
    condition: Condition[Test] | None = field(repr=False)
    decide: Decision = field(repr=False)

    def matches(self, elements: Elements) -> bool:
        """Tells whether the selector is TRUE for a choice of one element per column, or None where it has none.

        Keys are spelt as in `columns`. Of columns that are not in `columns_read` only the presence of an element
        counts (`id` and the other system columns apart, which are always read). Raises `SelectorTooCostly`.
        """
        return self.decide(elements)

    def narrow(self, *, unindexed: Collection[str] = SYSTEM_COLUMNS) -> Narrowing:
        """A plan that finds every subject the selector can match; `unindexed` columns are never looked up by index."""
        if self.condition is None:
            return EVERYONE

        def implied(test: Test) -> Narrowing:
            beyond_index = isinstance(test.implies, ByIndex) and test.column in unindexed
            return EVERYONE if beyond_index else test.implies

        return narrowed(with_leaves(self.condition, implied))


def bind(typed: TypedSelector, values: Sequence[object]) -> BoundSelector:
    """Binds one value per placeholder: JSON as clients send it, a list (or its JSON text) where ANY asks for one.

    Raises `SelectorError` that names the placeholder by its number, never by its value.
    """
    _refuse_count(typed, len(values))
    if typed.condition is None:
        return BoundSelector((), frozenset(), None, decide=lambda _: True)
    binding = _Binding(values)
    condition = with_leaves(typed.condition, binding.test)
    read = {test.column for test in leaves(condition) if test.reads_value}
    return BoundSelector(typed.columns, frozenset(read - SYSTEM_COLUMNS), condition, decide=decision(condition))


def reads_only_ids(typed: TypedSelector) -> bool:
    """Tells whether a selector is nothing but `{id} = ?` or `{id} = ANY (?)`: then `bind_ids` does for it."""
    leaf = typed.condition
    if not isinstance(leaf, TypedComparison) or leaf.negated or leaf.operator is not Operator.EQUAL:
        return False
    reading = leaf.reading
    if reading.column != ID or reading.steps or reading.data_type.concrete is not Concrete.UUID:
        return False
    return leaf.listed is not None or (len(leaf.operands) == 1 and isinstance(leaf.operands[0], Placeholder))


def bind_ids(typed: TypedSelector, values: Sequence[object]) -> tuple[UUID, ...]:
    """The ids that a selector of `reads_only_ids` selects, each once; refuses what `bind` refuses, in the same words.

    Most calls of a store select so, and building tests that nobody asks takes ten times as long.
    """
    _refuse_count(typed, len(values))
    if not isinstance(typed.condition, TypedComparison):
        raise TypeError("only comparisons of the id are bound without their tests")
    operands = _Binding(values).operands(typed.condition)
    return tuple(dict.fromkeys(operand for operand in operands if isinstance(operand, UUID)))


def _refuse_count(typed: TypedSelector, given: int) -> None:
    wanted = typed.selector.placeholders
    if given != wanted:
        raise SelectorError(
            f"{given} values for {wanted} placeholders",
            position=len(typed.selector.text) + 1,
            remedy="give one value for every ?, and a list for = ANY (?)",
        )


class _Binding:
    """The values of one call, turned into tests."""

    def __init__(self, values: Sequence[object]) -> None:
        self._values = values

    def test(self, leaf: TypedTest) -> Test:
        if not isinstance(leaf, TypedComparison):
            return self._null_test(leaf)
        operands = self.operands(leaf)
        read = self._reader(leaf.reading.steps)
        if not operands:
            # ANY of an empty list is false even for NULL, so its negation is TRUE even for NULL.
            return Test(leaf.reading.column, lambda _: leaf.negated, False, EVERYONE if leaf.negated else NOBODY)
        compare = _comparison(leaf.operator, operands, leaf.reading.data_type)
        negated = leaf.negated

        def holds(element: Value | None) -> bool:
            seen = None if element is None else read(element)  # a field that is not there is NULL, too
            return seen is not None and compare(seen) is not negated

        return Test(leaf.reading.column, holds, True, _implied(leaf, operands))

    def _null_test(self, leaf: TypedTest) -> Test:
        steps = leaf.steps if isinstance(leaf, TypedNullTest) else ()
        read = self._reader(steps)

        def holds(element: Value | None) -> bool:
            return (element is None or read(element) is None) is not leaf.negated

        return Test(leaf.column, holds, bool(steps), EVERYONE)

    def operands(self, leaf: TypedComparison) -> tuple[Value, ...]:
        """What the leaf compares with in this call."""
        if leaf.listed is not None:
            placeholder = leaf.listed
            items = self._list(placeholder)
            return tuple(self._operand(item, placeholder, leaf) for item in items)
        return tuple(
            self._operand(self._scalar(operand), operand, leaf) if isinstance(operand, Placeholder) else operand
            for operand in leaf.operands
        )

    def _operand(self, raw: object, placeholder: Placeholder, leaf: TypedComparison) -> Value:
        if raw is None:
            raise _unfit(placeholder, "nothing equals null; write IS NULL in the selector")
        try:
            return comparand(raw, operator=leaf.operator, data_type=leaf.reading.data_type)
        except ValueRefused as refusal:
            raise _unfit(placeholder, refusal.remedy) from refusal

    def _scalar(self, placeholder: Placeholder) -> object:
        value = self._values[placeholder.number - 1]
        if isinstance(value, list | tuple):
            raise _unfit(placeholder, "give one value, or write = ANY (?) in the selector for a list")
        return value

    def _list(self, placeholder: Placeholder) -> Sequence[object]:
        value = self._values[placeholder.number - 1]
        items = _json_list(value) if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            raise _unfit(placeholder, "ANY takes a list of values")
        if len(items) > LIST_LIMIT:
            raise _unfit(placeholder, f"a list has at most {LIST_LIMIT} values")
        return items

    def _reader(self, open_steps: Sequence[Apply | OpenModifier]) -> Apply:
        steps = [self._step(step) if isinstance(step, OpenModifier) else step for step in open_steps]
        return steps[0] if len(steps) == 1 else partial(_applied, tuple(steps))

    def _step(self, step: OpenModifier) -> Apply:
        try:
            return step.modifier.read(self._scalar(step.placeholder))
        except ValueRefused as refusal:
            raise _unfit(step.placeholder, refusal.remedy) from refusal


def _applied(steps: tuple[Apply, ...], element: Value) -> Any:
    result: Any = element
    for step in steps:
        if result is None:
            break
        result = step(result)
    return result


def _comparison(operator: Operator, operands: tuple[Value, ...], data_type: DataType) -> Callable[[Any], bool]:
    """Tells whether a value compares so with at least one of the operands."""
    if operator in (Operator.LIKE, Operator.ILIKE):
        patterns = [pattern(composed(str(text)), ignore_case=operator is Operator.ILIKE) for text in operands]
        return lambda text: any(one.matches(composed(text)) for one in patterns)
    fold = data_type.form.fold
    folded = frozenset(data_type.fold(operand) for operand in operands)
    if operator is Operator.EQUAL:
        return lambda value: fold(value) in folded
    if operator is Operator.UNEQUAL:
        return lambda value: len(folded) > 1 or fold(value) not in folded
    compare, bound = _BOUNDS[operator]
    limit = bound(folded)
    return lambda value: compare(fold(value), limit)


_BOUNDS: dict[Operator, tuple[Callable[[Any, Any], bool], Callable[[Any], Any]]] = {
    Operator.LESS: (lt, max),
    Operator.LESS_OR_EQUAL: (le, max),
    Operator.GREATER: (gt, min),
    Operator.GREATER_OR_EQUAL: (ge, min),
}


def _implied(leaf: TypedComparison, operands: tuple[Value, ...]) -> Narrowing:
    if leaf.reading.steps:
        return EVERYONE
    column, data_type = leaf.reading.column, leaf.reading.data_type
    if leaf.operator is (Operator.UNEQUAL if leaf.negated else Operator.EQUAL):
        return by_value(column, data_type, operands)
    if leaf.operator is Operator.LIKE and not leaf.negated:
        # A pattern without wildcards matches only its own text, whose index form is that of every text it equals.
        texts = [pattern(composed(str(text)), ignore_case=False).only for text in operands]
        known = [text for text in texts if text is not None]
        return by_value(column, data_type, known) if len(known) == len(texts) else EVERYONE
    return EVERYONE


def _json_list(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # the message of the error would quote the text


def _unfit(placeholder: Placeholder, remedy: str) -> SelectorError:
    message = f"the value of placeholder {placeholder.number} does not fit"
    return SelectorError(message, position=placeholder.position, remedy=remedy)
