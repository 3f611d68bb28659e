"""Few lines can make a type without end, by names of types within types: its size counts, not that of the file."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest

from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.schemas.shapes import DEEPEST, MOST_FIELDS, MOST_SHOWN, Record, Shape, Shapes
from tests.dataflow.samples import SEED


def shapes_of(lines: Iterable[str]) -> Shapes:
    return Shapes(read_flow("types:\n" + "".join(f"  {each}\n" for each in lines) + SEED, "f").types, {})


def doubling(levels: int, fields: int) -> list[str]:
    """Return types that each have fields of the next, the last ones texts."""
    names = [*(f"t{level}" for level in range(levels)), "string"]
    return [_object(name, next_, fields) for name, next_ in pairwise(names)]


def _object(name: str, of: str, fields: int) -> str:
    return f"{name}: {{type: object, properties: {{{', '.join(f'f{n}: {{type: {of}}}' for n in range(fields))}}}}}"


def resolved(lines: Iterable[str], name: str) -> Shape:
    shapes = shapes_of([*lines, f"whole: {{type: list, items: {{type: {name}}}}}"])
    shapes.resolve_all()
    return shapes.resolve(read_flow(f"types:\n  x: {{type: {name}}}\n{SEED}", "f").types["x"])


@pytest.mark.parametrize("is_backwards", [False, True])
def test_types_that_name_each_other_without_end_are_refused(is_backwards: bool) -> None:
    lines = doubling(14, 10)
    with pytest.raises(FileRefused) as refused:
        shapes_of(reversed(lines) if is_backwards else lines).resolve_all()
    says = (
        "this type has more than 10,000 fields, those of the types within it included. Name fewer types within types."
    )
    assert says in str(refused.value)


def test_a_type_that_is_large_is_resolved_and_measured() -> None:
    found = resolved(doubling(3, 20), "t0")
    assert isinstance(found, Record)
    assert (found.extent.size, found.extent.depth) == (1 + 20 + 20**2 + 20**3, 4)
    assert found.extent.size < MOST_FIELDS


def test_variants_without_values_count_as_well() -> None:
    variants = ", ".join(f"v{number}: {{}}" for number in range(MOST_FIELDS))
    with pytest.raises(FileRefused, match="more than 10,000 fields"):
        shapes_of([f"x: {{type: enum, oneOf: {{{variants}}}}}"]).resolve_all()


@pytest.mark.parametrize("is_backwards", [False, True])
def test_types_within_types_without_end_are_refused(is_backwards: bool) -> None:
    lines = doubling(DEEPEST + 1, 1)
    with pytest.raises(FileRefused, match=f"nested too deeply: more than {DEEPEST} levels"):
        shapes_of(reversed(lines) if is_backwards else lines).resolve_all()
    assert resolved(doubling(10, 1), "t0").extent.depth == 11


def test_a_type_is_resolved_once() -> None:
    file = read_flow("types:\n  a: {type: object, properties: {b: {type: string}}}\n" + SEED, "f")
    asked: list[str] = []

    def imported() -> Shape:
        asked.append("asked")
        return Record(())

    shapes = Shapes(file.types, {"far": imported})
    assert shapes.resolve(file.types["a"]) is shapes.resolve(file.types["a"])
    for number in range(3):
        shapes.resolve(read_flow(f"types:\n  x{number}: {{type: far}}\n{SEED}", "f").types[f"x{number}"])
    assert asked == ["asked"]


def test_messages_spell_out_no_large_type() -> None:
    small, large = (resolved([_object("a", "string", fields)], "a") for fields in (3, MOST_SHOWN))
    assert isinstance(small, Record)
    assert isinstance(large, Record)
    assert str(Record(small.fields)) == "object{f0: string, f1: string, f2: string}"
    assert str(Record(large.fields)) == "object of 100 fields"
