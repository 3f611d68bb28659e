"""States of services: which rows there are, whose functions see them, and what may be in them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dataflow.grammar.faults import Fault, FileRefused, Place
from dataflow.grammar.spec import NamedType
from dataflow.grammar.spec import Service as ServiceSpec
from dataflow.grammar.spec import State as StateSpec
from dataflow.packages.folders import snake
from dataflow.packages.library import Names
from dataflow.planning.bodies import Found
from dataflow.planning.bounds import named
from dataflow.planning.plan import Coded, Reading, State
from dataflow.schemas.shapes import TEXT, Field, Pair, Primitive, Record, Shape, Shapes, categories, fits

METHODS = frozenset({"update", "delete"})
"""What rows can do: no column is called so."""
UPDATE = "update-state"
KEYS = frozenset({"string", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"})
"""What a key may be: numbers are written as texts."""


@dataclass(frozen=True, slots=True)
class Local:
    """The states that functions of one service can name: its own, and those that it reads of others."""

    own: Mapping[str, State]
    read: Mapping[str, Reading]


def own_states(services: Iterable[ServiceSpec], shapes: Shapes, names: Names) -> dict[str, dict[str, State]]:
    """Return the states that services have of their own, by service and name. Raises `FileRefused`."""
    found: dict[str, dict[str, State]] = {}
    for service in services:
        specs = [each for each in service.states if not each.origin]
        found[service.name] = {each.name: _own(service.name, each, shapes, names) for each in specs}
    return found


def states_of(service: ServiceSpec, known: Mapping[str, Mapping[str, State]]) -> Local:
    """Return what functions of a service can name. Raises `FileRefused` for a state that is nowhere."""
    read = {}
    for spec in service.states:
        if not spec.origin:
            continue
        other, name = spec.origin.split(".")
        if name not in known.get(other, {}):
            there = sorted(f"{each}.{state}" for each, states in known.items() for state in states)
            remedy = f"There are {named(there)}." if there else "No service has a state of its own."
            raise FileRefused([Fault(spec.place, f"states.{spec.name}", f"there is no state `{spec.origin}`", remedy)])
        lookup = tuple(spec.lookup.split(".")[1:]) if spec.lookup else None
        read[spec.name] = Reading(snake(spec.name), known[other][name], lookup)
    return Local(known[service.name], read)


def seen_by(found: Found, operator: str, local: Local, place: Place) -> tuple[tuple[Reading, ...], tuple[State, ...]]:
    """Return which states a function reads and which it changes. Raises `FileRefused`."""
    if not isinstance(found.body, Coded):
        return (), ()
    source = found.body.code.source
    named = _named_in(source, [*local.own, *local.read]) if found.states is None else list(found.states)
    for name in named:
        if name not in local.own and name not in local.read:
            says = f"`{found.name}` works with the state `{name}`, which this service does not have"
            raise FileRefused([Fault(place, "", says, "Name it under `states:` of the service.")])
        if name in local.own and operator != UPDATE:
            says = f"`{found.name}` names the service's own state `{name}`, and its operator is `{operator}`"
            raise FileRefused([Fault(place, "", says, f"Only `{UPDATE}` sees and changes it, by the record's key.")])
        _must_be_alike(found, name, local, place)
        if re.search(rf"(?:\bdef|\bfunction|\bconst|\blet|\bvar)\s+{snake(name)}\b", source):
            says = f"this code calls something of its own `{snake(name)}`, as the state is called"
            raise FileRefused([Fault(place, "", says, "Give one of them another name.")])
    changed = tuple(local.own[name] for name in named if name in local.own)
    if operator == UPDATE and not changed:
        own = ", ".join(f"`{snake(name)}()`" for name in local.own)
        remedy = f"Its rows are {own}." if own else "Name one under `states:` of the service."
        raise FileRefused([Fault(place, "", f"`{found.name}` changes no state of its service", remedy)])
    return tuple(local.read[name] for name in named if name in local.read), changed


def may_be_in(states: Iterable[State | Reading]) -> frozenset[str]:
    """Return which categories of personal data may be in rows."""
    rows = [each.state if isinstance(each, Reading) else each for each in states]
    return frozenset().union(*(each.holds for each in rows))


def must_be_allowed(states: Iterable[State], tainted: frozenset[str], place: Place) -> None:
    """Refuse what may carry personal data into rows that may not hold it. Raises `FileRefused`."""
    for state in states:
        leaking = sorted(tainted - state.holds)
        if leaking and "any" not in state.holds:
            listed = ", ".join(leaking)
            says = f"personal data ({listed}) can reach the state `{state.name}`, which may not hold it"
            remedy = (
                f"Mask or drop it before, or allow it under the state: `privacy: {{pii: [{listed}]}}` with a `ttl`."
            )
            raise FileRefused([Fault(place, "", says, remedy)])


def _own(service: str, spec: StateSpec, shapes: Shapes, names: Names) -> State:
    where = f"services.{service}.states.{spec.name}"
    imported = names.states.get(spec.type.name) if isinstance(spec.type, NamedType) else None
    shape = imported() if imported else shapes.resolve(spec.type) if spec.type is not None else TEXT
    if not isinstance(shape, Pair):
        raise FileRefused([Fault(spec.place, where, f"a state is a keyed-state, not {shape}")])
    if not (isinstance(shape.key, Primitive) and shape.key.name in KEYS):
        raise FileRefused([Fault(spec.place, where, f"the key of a state is a string or a number, not {shape.key}")])
    if not snake(spec.name).isidentifier() or keyword.iskeyword(snake(spec.name)):
        raise FileRefused([Fault(spec.place, where, f"functions cannot call a state `{snake(spec.name)}`")])
    _must_be_row(shape.value, spec.place, where)
    holds, tagged = frozenset(spec.holds), categories(shape)
    state = State(service, spec.name, shape.value, spec.ttl, holds, spec.place)
    must_be_allowed([state], tagged, spec.place)
    return state


def _must_be_row(shape: Shape, place: Place, where: str) -> None:
    if _is_plain(shape):
        return
    if not isinstance(shape, Record):
        raise FileRefused([Fault(place, where, f"the value of a state is plain or an arrow-row, not {shape}")])
    called: dict[str, Field] = {}
    for each in shape.fields:
        name = snake(each.name)
        if not _is_plain(each.shape):
            raise FileRefused([Fault(place, where, f"the column `{each.name}` is {each.shape}: columns are plain")])
        if name in METHODS or not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            raise FileRefused([Fault(place, where, f"a column cannot be called `{each.name}`")])
        if name in called:
            raise FileRefused([Fault(place, where, f"two columns are called `{name}` by functions")])
        called[name] = each
    if not called:
        raise FileRefused([Fault(place, where, "a row has at least one column")])


def _is_plain(shape: Shape) -> bool:
    return isinstance(shape, Primitive) and shape.name != "bytes"


def _named_in(source: str, names: Iterable[str]) -> list[str]:
    """Return which states code calls; a method of something else that has the name is none."""
    return [each for each in names if re.search(rf"(?<![\w.$]){re.escape(snake(each))}\s*\(", source)]


def _must_be_alike(found: Found, name: str, local: Local, place: Place) -> None:
    """Refuse a function of a package whose state has other columns than the service's."""
    wanted = (found.states or {}).get(name)
    here = local.own[name].row if name in local.own else local.read[name].state.row
    if isinstance(wanted, Pair) and not fits(here, wanted.value):
        says = f"`{found.name}` works with rows of {wanted.value} in `{name}`, and this service's are {here}"
        raise FileRefused([Fault(place, "", says)])
