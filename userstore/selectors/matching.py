"""Decides a condition for one subject: is there one element per column for which it is TRUE?

That question is SQL's LEFT JOIN with one alias per column. In general it is as hard as satisfiability, so the general
search is bounded; what people write never reaches it: OR distributes over the choice, parts that share no column are
chosen apart, and parts that share a single column are one look at each of its elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from userstore.datatypes import Value
from userstore.selectors.conditions import AllOf, Condition, OneOf, leaves
from userstore.selectors.errors import SelectorTooCostly
from userstore.selectors.narrowing import Narrowing

STEP_LIMIT = 2048  # steps of the bounded search, for one subject

Elements: TypeAlias = Mapping[str, Sequence[Value | None]]
Decision: TypeAlias = Callable[[Elements], bool]
_NO_ELEMENT: tuple[Value | None, ...] = (None,)


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """A leaf: `holds` tells whether it is TRUE for one element of its column, or for None where there is none.

    `reads_value` is False where only the presence of an element counts; `implies` is what a look-up may rely on.
    """

    column: str
    holds: Callable[[Value | None], bool] = field(repr=False)
    reads_value: bool
    implies: Narrowing = field(repr=False)


def decision(condition: Condition[Test]) -> Decision:
    """Prepares a condition, so that deciding it for a subject does no more than looking at the elements."""
    columns = {test.column for test in leaves(condition)}
    if len(columns) == 1:
        return _some_element(columns.pop(), _on_one_element(condition))
    if isinstance(condition, OneOf):
        return _any_decision([decision(part) for part in condition.parts])
    if isinstance(condition, AllOf):
        return _every_decision([_decision_of_group(group) for group in _sharing_columns(condition.parts)])
    raise AssertionError("a single test has a single column")


def _decision_of_group(parts: list[Condition[Test]]) -> Decision:
    if len(parts) == 1:
        return decision(parts[0])
    whole: Condition[Test] = AllOf(tuple(parts))
    if len({test.column for test in leaves(whole)}) == 1:
        return decision(whole)
    return _Search(whole).decide


def _some_element(column: str, holds: Callable[[Value | None], bool]) -> Decision:
    return lambda elements: any(map(holds, elements.get(column) or _NO_ELEMENT))


def _any_decision(decisions: list[Decision]) -> Decision:
    return lambda elements: any(decide(elements) for decide in decisions)


def _every_decision(decisions: list[Decision]) -> Decision:
    return lambda elements: all(decide(elements) for decide in decisions)


def _on_one_element(condition: Condition[Test]) -> Callable[[Value | None], bool]:
    if isinstance(condition, AllOf):
        parts = [_on_one_element(part) for part in condition.parts]
        return lambda element: all(holds(element) for holds in parts)
    if isinstance(condition, OneOf):
        parts = [_on_one_element(part) for part in condition.parts]
        return lambda element: any(holds(element) for holds in parts)
    return condition.holds


def _sharing_columns(parts: Iterable[Condition[Test]]) -> list[list[Condition[Test]]]:
    """The parts in groups: two that share a column, directly or through others, are in one group."""
    groups: list[tuple[set[str], list[Condition[Test]]]] = []
    for part in parts:
        columns = {test.column for test in leaves(part)}
        touched = [group for group in groups if group[0] & columns]
        groups = [group for group in groups if not group[0] & columns]
        members = [member for group in touched for member in group[1]]
        groups.append((columns.union(*(group[0] for group in touched)), [*members, part]))
    return [members for _, members in groups]


class _Search:
    """Backtracking over the columns, one bit per test.

    An element matters only through the set of tests that hold for it; of two elements one of which makes more tests
    hold, the other is never needed, since there is no NOT above the tests.
    """

    def __init__(self, condition: Condition[Test]) -> None:
        self._tests: dict[str, list[tuple[int, Test]]] = {}
        for bit, test in enumerate(leaves(condition)):
            self._tests.setdefault(test.column, []).append((1 << bit, test))
        self._holds = _on_bits(condition, {id(test): bit for of in self._tests.values() for bit, test in of})

    def decide(self, elements: Elements) -> bool:
        choices = [self._choices(column, elements.get(column) or _NO_ELEMENT) for column in self._tests]
        choices.sort(key=len)
        return _Attempt(self._holds, choices).reaches(0, 0)

    def _choices(self, column: str, elements: Sequence[Value | None]) -> list[int]:
        tests = self._tests[column]
        found = {sum(bit for bit, test in tests if test.holds(element)) for element in elements}
        return [bits for bits in found if not any(bits != more and bits & more == bits for more in found)]


class _Attempt:
    """One search for one subject, with its steps counted."""

    def __init__(self, holds: Callable[[int], bool], choices: list[list[int]]) -> None:
        self._holds = holds
        self._choices = choices
        self._steps = 0
        self._best_from = [0] * (len(choices) + 1)
        for depth in range(len(choices) - 1, -1, -1):
            self._best_from[depth] = self._best_from[depth + 1] | _union(choices[depth])

    def reaches(self, depth: int, chosen: int) -> bool:
        self._steps += 1
        if self._steps > STEP_LIMIT:
            raise SelectorTooCostly(
                "too many combinations of values",
                position=1,
                remedy="compare fewer array columns inside one AND",
            )
        if not self._holds(chosen | self._best_from[depth]):
            return False
        if depth == len(self._choices):
            return True
        return any(self.reaches(depth + 1, chosen | bits) for bits in self._choices[depth])


def _union(choices: list[int]) -> int:
    union = 0
    for bits in choices:
        union |= bits
    return union


def _on_bits(condition: Condition[Test], bit_of: Mapping[int, int]) -> Callable[[int], bool]:
    if isinstance(condition, AllOf):
        parts = [_on_bits(part, bit_of) for part in condition.parts]
        return lambda bits: all(holds(bits) for holds in parts)
    if isinstance(condition, OneOf):
        parts = [_on_bits(part, bit_of) for part in condition.parts]
        return lambda bits: any(holds(bits) for holds in parts)
    bit = bit_of[id(condition)]
    return lambda bits: bits & bit != 0
