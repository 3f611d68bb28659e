"""Fields named under `with:`: `$.a.b` is one place, `$..c` every `c` wherever it stands; lists are passed through."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from dataflow.functions.protocol import ParametersRefused
from dataflow.schemas.shapes import Anything, Choice, Many, Pair, Primitive, Record, Shape
from userstore.detecting.jsontext import Path
from userstore.detecting.views import views_of

MISSING = "nothing is at the places that `fields` names"
_STEP = re.compile(r"(\.\.?)([^.\[\]\s][^.\[\]]{0,255})((?:\[\*?\])*)")

MOST_PLACES, LONGEST_PLACE, MOST_STEPS = 1_000, 1_000, 32
"""Places that a parameter names, characters of one, and keys that lead there: all are held against those of records."""


class Fields:
    """Places in a record. Keys are compared as they read, in whatever letters they are written."""

    def __init__(self, told: Iterable[str] = ()) -> None:
        self.told = tuple(told)
        self._routes = [_route(each) for each in self.told]
        self.has_met = False
        """Whether a place was one of them since somebody said that none was."""
        self._knows = lru_cache(maxsize=8192)(self._covers)

    def __bool__(self) -> bool:
        return bool(self._routes)

    def covers(self, path: Path) -> bool:
        """Say whether a place is one of them, or lies within one."""
        found = self._knows(path)
        self.has_met = self.has_met or found
        return found

    def _covers(self, path: Path) -> bool:
        read = tuple(_as_read(each) for each in path)
        return any(_leads(route, read) for route in self._routes)

    def must_be_in(self, shape: Shape) -> None:
        """Raise `ParametersRefused` where a named field can be nowhere in records of a shape."""
        for told, route in zip(self.told, self._routes, strict=True):
            if not any(_leads(route, each) for each in _places(shape)) and not (is_text(shape) or _has_unknown(shape)):
                raise ParametersRefused(f"`fields` names {told}, and {shape} has no such field")


def read_fields(told: Any) -> Fields:
    """Return the fields that a parameter names. Raises `ParametersRefused`."""
    if told is None:
        return Fields()
    if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
        raise ParametersRefused("`fields` is a list of places, such as [$.ssn, $..tax_id]")
    if len(told) > MOST_PLACES:
        raise ParametersRefused(f"`fields` names {len(told):,} places, and at most {MOST_PLACES:,} are looked for")
    return Fields(told)


def _route(told: str) -> tuple[tuple[bool, str], ...]:
    """Return the steps of a place: whether anything may stand before it, and its key."""
    if len(told) > LONGEST_PLACE:
        raise ParametersRefused(f"`{told[:60]}...` has more than {LONGEST_PLACE:,} characters")
    steps, at = [], 1
    while told.startswith("$") and (found := _STEP.match(told, at)):
        steps.append((found[1] == "..", _as_read(found[2])))
        at = found.end()
    if not steps or at != len(told):
        raise ParametersRefused(f"`{told[:60]}` names no field: write $.name, $.person.ssn or $..ssn")
    if len(steps) > MOST_STEPS:
        raise ParametersRefused(f"`{told[:60]}...` leads through more than {MOST_STEPS} keys")
    return tuple(steps)


def _leads(route: tuple[tuple[bool, str], ...], path: Path) -> bool:
    """Say whether a route leads to a path or to what it lies within.

    All ways are gone at once, key by key: one after another, their number doubles with each key that fits two steps.
    """
    reached = {0}
    for key in path:
        if len(route) in reached:
            return True
        ahead = {at + 1 for at in reached if route[at][1] == key}
        reached = ahead | {at for at in reached if route[at][0]}
        if not reached:
            return False
    return len(route) in reached


@lru_cache(maxsize=8192)
def _as_read(key: str) -> str:
    for view in views_of(key):
        key = view.text
    return key.casefold().strip()


def _places(shape: Shape, path: Path = ()) -> Iterable[Path]:
    match shape:
        case Record():
            for each in shape.fields:
                below = (*path, _as_read(each.name))
                yield below
                yield from _places(each.shape, below)
        case Many():
            yield from _places(shape.items, path)
        case Choice():
            for name, inner in shape.variants:
                yield (*path, _as_read(name))
                if inner is not None:
                    yield from _places(inner, (*path, _as_read(name)))
        case _:
            return


def _has_unknown(shape: Shape) -> bool:
    """Say whether something in a shape says nothing of its fields; texts can hold JSON."""
    match shape:
        case Record():
            return any(_has_unknown(each.shape) for each in shape.fields)
        case Many():
            return _has_unknown(shape.items)
        case Pair():
            return _has_unknown(shape.key) or _has_unknown(shape.value)
        case Choice():
            return any(inner is not None and _has_unknown(inner) for _, inner in shape.variants)
        case _:
            return isinstance(shape, Anything)


def is_text(shape: Shape) -> bool:
    """Say whether records of a shape are raw texts."""
    return isinstance(shape, Primitive) and shape.name in ("string", "bytes")
