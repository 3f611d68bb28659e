"""What is believed of functions that take personal data out, and of types that say where it is."""

from __future__ import annotations

from collections.abc import Iterator

from dataflow.functions.protocol import Looking
from dataflow.planning.agreeing import ALL
from dataflow.planning.bodies import Found
from dataflow.planning.plan import Native
from dataflow.schemas.shapes import ANYTHING, TEXT, Choice, Many, Pair, Record, Shape, categories
from userstore.detecting.registry import DETECTORS

EVERY = "*"


def left_of(tainted: frozenset[str], found: Found, shape: Shape) -> frozenset[str]:
    """Return which categories of those in a value may still be in it behind a function."""
    if EVERY in found.removes:
        return frozenset()
    removed = _believed(found.body, found.removes, shape) if isinstance(found.body, Native) else found.removes
    return tainted - (removed - {ALL})  # nobody takes out what nobody has named


def _believed(body: Native, removed: frozenset[str], shape: Shape) -> frozenset[str]:
    """Return what a built-in function takes out for sure.

    It finds personal data by tags, by looks or at places that are named. Where code has taken the tags away, looks are
    not enough, since a number without its tag need not look like one: what counts there is what is said of the places,
    and of several categories nobody has said which of them lies there. Keys that are not looked at hide anything.
    """
    tags = categories(shape)
    names_places = bool(body.parameters.get("fields") or body.parameters.get("field"))
    if not isinstance(body.builtin, Looking):
        return removed if shape == TEXT or (shape == ANYTHING and names_places) else removed & tags
    if not body.builtin.looks_at_keys(body.parameters):
        return removed & tags
    if shape == ANYTHING and names_places:
        return removed if len(removed) == 1 else removed - DETECTORS.keys()
    return removed if shape == TEXT else removed & tags


def tags_of(shape: Shape | None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every tag of a shape with its place."""
    match shape:
        case Record():
            for each in shape.fields:
                below = (*path, each.name)
                if each.pii:
                    yield below, each.pii
                yield from tags_of(each.shape, below)
        case Choice():
            yield from (((*path, name), tag) for name, tag in shape.pii)
            for name, inner in shape.variants:
                yield from tags_of(inner, (*path, name))
        case Many():
            yield from tags_of(shape.items, path)
        case Pair():
            yield from tags_of(shape.key, (*path, "key"))
            yield from tags_of(shape.value, (*path, "value"))


def are_alike(one: Shape, other: Shape) -> bool:
    """Say whether two shapes have the same tags at the same places."""
    return set(tags_of(one)) == set(tags_of(other))


def moved(given: Shape, wanted: Shape) -> list[str]:
    """Return the categories of which `wanted` says that they are elsewhere than `given` has them: its masks would miss.

    A shape that does not know a category at all says nothing of it, and no mask behind it is believed.
    """
    there = set(tags_of(wanted))
    known = {tag for _, tag in there}
    return sorted({tag for path, tag in tags_of(given) if tag in known and not _is_within(path, tag, there)})


def _is_within(path: tuple[str, ...], tag: str, there: set[tuple[tuple[str, ...], str]]) -> bool:
    return any((path[:length], tag) in there for length in range(1, len(path) + 1))
