"""Conditions without NOT: every negation has moved into the leaves, where SQL's three-valued logic allows it.

De Morgan's laws hold in three-valued logic, and a leaf that is unknown stays unknown when negated. So the whole is
TRUE exactly where its leaves are TRUE in the right places, and "unknown" and "false" need not be told apart any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

Leaf = TypeVar("Leaf")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class AllOf(Generic[Leaf]):
    parts: tuple[Condition[Leaf], ...]


@dataclass(frozen=True, slots=True)
class OneOf(Generic[Leaf]):
    parts: tuple[Condition[Leaf], ...]


Condition: TypeAlias = "Leaf | AllOf[Leaf] | OneOf[Leaf]"


def with_leaves(condition: Condition[Leaf], change: Callable[[Leaf], Other]) -> Condition[Other]:
    """The same condition over other leaves."""
    if isinstance(condition, AllOf):
        return AllOf(tuple(with_leaves(part, change) for part in condition.parts))
    if isinstance(condition, OneOf):
        return OneOf(tuple(with_leaves(part, change) for part in condition.parts))
    return change(condition)


def leaves(condition: Condition[Leaf]) -> Iterator[Leaf]:
    """All leaves, in the order of the text."""
    if isinstance(condition, AllOf | OneOf):
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition
