"""Finding what a step runs: a function of a package, a built-in one, or code that stands in the file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from dataflow.functions.protocol import Adding, Builtin, ParametersRefused
from dataflow.grammar.faults import Fault, FileRefused
from dataflow.grammar.spec import Inline, Step, Uses
from dataflow.packages.folders import snake
from dataflow.packages.library import Input, Known
from dataflow.planning.plan import Body, Coded, Native
from dataflow.planning.signatures import signature_of
from dataflow.schemas.shapes import ANYTHING, Pair, Shape


@dataclass(frozen=True, slots=True)
class Found:
    """What a step runs. `inputs` and `gives` are None where code does not say; `removes`: categories it takes out,
    and `adds` those that it brings.

    `states`: those that a function of a package works with, each with its type where the package has it; None where
    only the code says.
    """

    name: str
    body: Body
    inputs: tuple[Input, ...] | None
    gives: Shape | None
    removes: frozenset[str]
    states: Mapping[str, Shape | None] | None = None
    adds: frozenset[str] = frozenset()


def find_body(step: Step, functions: Mapping[str, Known], builtins: Mapping[str, Builtin]) -> Found:
    """Return what a step runs. Raises `FileRefused`."""
    if isinstance(step.code, Inline):
        return _inline(step.code)
    return _named(step, step.code, functions, builtins)


def _named(step: Step, uses: Uses, functions: Mapping[str, Known], builtins: Mapping[str, Builtin]) -> Found:
    known = functions.get(uses.name)
    if known is not None:
        if known.operator != step.operator:
            raise _refused(uses, f"`{uses.name}` is for `{known.operator}`, not for `{step.operator}`")
        code = known.code()
        _refuse_rust(code, uses.name)
        if uses.parameters:
            raise _refused(uses, f"`{uses.name}` of {known.package} takes no parameters")
        coded, removes = Coded(code, snake(known.name)), frozenset(known.removes)
        return Found(uses.name, coded, known.inputs, known.output, removes, known.states)
    builtin = builtins.get(uses.name)
    if builtin is None:
        near = difflib.get_close_matches(uses.name, [*functions, *builtins], n=1)
        remedy = (
            f"Did you mean `{near[0]}`?" if near else "Import it from a package; `sealbook functions` lists others."
        )
        raise _refused(uses, f"there is no function `{uses.name}`", remedy)
    if builtin.operator != step.operator:
        raise _refused(uses, f"`{uses.name}` is for `{builtin.operator}`, not for `{step.operator}`")
    try:
        adds = builtin.adds(uses.parameters) if isinstance(builtin, Adding) else frozenset[str]()
        removes = builtin.removes(uses.parameters)
    except ParametersRefused as refused:
        raise _refused(uses, f"`{uses.name}`: {refused}") from None
    return Found(uses.name, Native(builtin, uses.parameters), None, None, removes, adds=adds)


def _inline(code: Inline) -> Found:
    told = signature_of(code)
    _refuse_rust(code, told.name)
    inputs = (Input("key", ANYTHING, "key", optional=True), Input("value", ANYTHING, "value", optional=False))
    return Found(
        name=told.name.replace("_", "-"),
        body=Coded(code, told.name),
        inputs=inputs if told.takes_key else None,
        gives=Pair(ANYTHING, ANYTHING) if told.gives_key else ANYTHING,
        removes=frozenset(),
    )


def _refuse_rust(code: Inline, name: str) -> None:
    if code.language == "rust":
        says = f"the function `{name}` is written in Rust, which is not run here"
        remedy = "Write it in Python or JavaScript, or import one by `uses:`."
        raise FileRefused([Fault(code.place, "", says, remedy)])


def _refused(uses: Uses, says: str, remedy: str = "") -> FileRefused:
    return FileRefused([Fault(uses.place, "", says, remedy)])
