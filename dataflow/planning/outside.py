"""Names outside that a tagged field shares with one that is not: what is hidden as the one is read as the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import TypeAlias

from dataflow.planning.believing import tags_of
from dataflow.schemas.shapes import Choice, Field, Many, Pair, Primitive, Record, Shape

Tags: TypeAlias = tuple[str, frozenset[tuple[tuple[str, ...], str]]]
"""The tag of a place and those below it."""
_KINDS = {"string": "text", "bool": "truth", "bytes": "list"}
_ONE_OF_SEVERAL = "one of several variants"


def mistakable(shape: Shape | None) -> Iterator[str]:
    """Yield what records of a shape have outside that can be read as a tagged field and as one that is not."""
    match shape:
        case Record():
            yield from _shared(shape.fields)
            for each in shape.fields:
                yield from mistakable(each.shape)
        case Choice():
            yield from _shared(_variants(shape)) if shape.is_tagged else _alike(_variants(shape))
            for _, inner in shape.variants:
                yield from mistakable(inner)
        case Many():
            yield from mistakable(shape.items)
        case Pair():
            yield from mistakable(shape.key)
            yield from mistakable(shape.value)


def _variants(shape: Choice) -> list[Field]:
    tags, names = dict(shape.pii), dict(shape.names)
    return [
        Field(name, inner, False, *names.get(name, (name, name)), pii=tags.get(name, ""))
        for name, inner in shape.variants
        if inner is not None
    ]


def _shared(fields: Iterable[Field]) -> Iterator[str]:
    """Yield names outside that fields of other tags share, be it that one is written and the other read by it."""
    known: dict[str, Tags] = {}
    told: set[str] = set()
    for each in fields:
        for name in {each.read_as, each.written_as}:
            if known.setdefault(name, _tags(each)) != _tags(each) and name not in told:
                told.add(name)
                yield name


def _alike(variants: Iterable[Field]) -> Iterator[str]:
    """Yield what variants of other tags have alike that no name tells apart: the first that fits is taken."""
    for one, other in combinations(variants, 2):
        if _kind(one.shape) != _kind(other.shape):
            continue
        if isinstance(one.shape, Record) and isinstance(other.shape, Record) and one.pii == other.pii:
            yield from _shared((*one.shape.fields, *other.shape.fields))
        elif _tags(one) != _tags(other):
            yield _ONE_OF_SEVERAL


def _tags(each: Field) -> Tags:
    return each.pii, frozenset(tags_of(each.shape))


def _kind(shape: Shape) -> str:
    if isinstance(shape, Primitive):
        return _KINDS.get(shape.name, "number")
    return "object" if isinstance(shape, Record) else "list" if isinstance(shape, Many | Pair) else "choice"
