"""What a function takes and gives at its place, and what an operator makes of that."""

from __future__ import annotations

from dataflow.functions.protocol import ParametersRefused
from dataflow.grammar.faults import Fault, FileRefused, Place
from dataflow.planning.believing import moved
from dataflow.planning.bodies import Found
from dataflow.planning.plan import Native
from dataflow.planning.states import KEYS
from dataflow.schemas.shapes import ANYTHING, TRUTH, Many, Primitive, Shape, fits

ASSIGN = "assign-key"


def given_by(found: Found, shape: Shape, place: Place) -> Shape:
    """Return what a function itself returns. Raises `FileRefused`."""
    if isinstance(found.body, Native):
        try:
            return found.body.builtin.gives(shape, found.body.parameters)
        except ParametersRefused as refused:
            raise FileRefused([Fault(place, "with", f"`{found.name}`: {refused}")]) from None
    return ANYTHING if found.gives is None else found.gives


def result_of(operator: str, given: Shape, shape: Shape, name: str, place: Place) -> Shape:
    """Return the shape behind an operator whose function returns `given`. Raises `FileRefused`."""
    if operator == "filter":
        if not fits(given, TRUTH):
            raise FileRefused([Fault(place, "", f"`{name}` is a filter and returns {given}, not a bool")])
        return shape
    if operator == ASSIGN:
        if given != ANYTHING and not (isinstance(given, Primitive) and given.name in KEYS):
            says = f"`{name}` assigns a key and returns {given}, neither a string nor a whole number"
            raise FileRefused([Fault(place, "", says)])
        return shape
    if operator == "flat-map":
        if isinstance(given, Many):
            return given.items
        if given != ANYTHING:
            raise FileRefused([Fault(place, "", f"`{name}` is a flat-map and returns {given}, not a list")])
    return given


def must_add_known(found: Found, known: frozenset[str], place: Place) -> None:
    """Raise `FileRefused` where a function brings a category that nothing in the file and no detector knows."""
    unknown = sorted(found.adds - known)
    if unknown:
        says = f"`{found.name}` brings {unknown[0][:40]}, which is no category that this flow or a detector knows"
        remedy = f"Tag a field with it, or choose of {', '.join(sorted(known))}."
        raise FileRefused([Fault(place, "with.category", says, remedy)])


def must_take(found: Found, shape: Shape, place: Place) -> None:
    """Raise `FileRefused` where a function does not take one value of a shape."""
    values = [each for each in found.inputs or () if each.kind == "value"]
    if found.inputs is not None and len(values) != 1:
        raise FileRefused([Fault(place, "", f"`{found.name}` takes {len(values)} values, and one record is given")])
    for each in values:
        if not fits(shape, each.shape):
            says = f"`{found.name}` takes {each.shape}, and what comes here is {shape}"
            raise FileRefused([Fault(place, "", says, "Add an operator before it that makes the one of the other.")])
        elsewhere = moved(shape, each.shape)
        if elsewhere:
            says = f"`{found.name}` takes {', '.join(elsewhere)} in other fields than what comes here has it"
            raise FileRefused([Fault(place, "", says, "Tag the same fields in both types.")])
