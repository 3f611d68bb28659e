"""Calling one function of a package as a flow does: what goes in and what comes out is held against its types."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from dataflow.functions.protocol import Answer, Failed
from dataflow.grammar.faults import Fault, FileRefused
from dataflow.inline.running import LATE, Runner
from dataflow.packages.folders import snake
from dataflow.packages.library import Input, Known
from dataflow.schemas.blanks import blank_of, fitted
from dataflow.schemas.converting import reader
from dataflow.schemas.shapes import BYTES, Pair, Record, Shape
from dataflow.schemas.unfit import ValueUnfit

LONGEST_SHOWN = 400
"""Characters of a value in a message."""
CHANGES = "update-state"

Rows: TypeAlias = Mapping[str, Any]
"""Rows of states by their names; one that is not named is not there."""
Given: TypeAlias = tuple[Any, Any, Rows]
"""A key, a value and the rows that the function sees."""


class BeyondBounds(Exception):
    """The tests of a function take more time or room than there is; the text says which."""


class Called:
    """A function, ready to be called. Raises `CodeRefused`, `FileRefused`.

    What it makes of rows is forgotten: every call begins with those that it is given.
    """

    def __init__(self, known: Known, value: Input, runner: Runner) -> None:
        self._known, self._runner = known, runner
        self._takes_bytes = value.shape == BYTES
        self._with_key = any(each.kind == "key" for each in known.inputs)
        self._read = reader(value.shape, outside=False)
        self._check = _answers(known)
        self._states = _states_of(known)
        code, changes = known.code(), known.operator == CHANGES
        self._number = runner.add(
            language=code.language,
            source=code.source,
            function=snake(known.name),
            takes_bytes=self._takes_bytes,
            states={snake(name): blank_of(row) if changes else None for name, row in self._states.items()},
        )

    @property
    def blank_rows(self) -> Rows:
        """What rows begin as; without states there are none."""
        return {name: blank_of(row) for name, row in self._states.items()}

    def on(self, given: Sequence[Given]) -> list[Answer]:
        """Return an answer for each key, value and rows that their types allow. Raises `BeyondBounds`."""
        if self._runner.is_late:
            raise BeyondBounds(LATE)
        arguments = [[key, self._sent(value)] if self._with_key else [self._sent(value)] for key, value, _ in given]
        seen = [self._seen(rows) for _, _, rows in given] if self._states else []
        return [self._checked(each) for each in self._runner.call(self._number, arguments, seen)]

    def unfit(self, value: Any) -> str:
        """Say why a value cannot be given; empty where it can."""
        try:
            self._read(_as_bytes(value) if self._takes_bytes else value, "")
        except ValueUnfit as unfit:
            return str(unfit)
        return ""

    def rows_unfit(self, rows: Rows) -> str:
        """Say why rows cannot be there; empty where they can. Columns that they do not name are blank."""
        for name, row in rows.items():
            if name not in self._states:
                return f"it works with no state `{name[:40]}`"
            shape = self._states[name]
            told = {**blank_of(shape), **row} if isinstance(shape, Record) and isinstance(row, dict) else row
            try:
                reader(shape, outside=False)(told, f".{name}")
            except ValueUnfit as unfit:
                return str(unfit)
        return ""

    def _seen(self, rows: Rows) -> dict[str, Any]:
        there = {name: (shape, rows.get(name)) for name, shape in self._states.items()}
        return {snake(name): None if row is None else fitted(shape, row) for name, (shape, row) in there.items()}

    def expected(self, value: Any) -> Any:
        """Return what a test expects as an answer has it. Raises `ValueUnfit` where no answer can be so."""
        return self._check(_as_bytes(value) if self._known.output == BYTES else value, "")

    def _sent(self, value: Any) -> Any:
        told = self._read(_as_bytes(value) if self._takes_bytes else value, "")
        return told.decode("latin-1") if self._takes_bytes else told

    def _checked(self, answer: Answer) -> Answer:
        if isinstance(answer, Failed):
            return answer
        try:
            return self._check(answer, "")
        except ValueUnfit as unfit:
            return Failed(str(unfit))


def shown(value: Any) -> str:
    """Return a value as a line for people; two values are alike where their lines are."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=lambda each: each.decode("latin-1"))


def short(value: Any) -> str:
    """Return a value as a line that fits into a terminal."""
    line = shown(value)
    return line if len(line) <= LONGEST_SHOWN else f"{line[:LONGEST_SHOWN]}... ({len(line):,} characters)"


def _as_bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def _states_of(known: Known) -> dict[str, Shape]:
    """Return what rows are like that a function works with. Raises `FileRefused` where its package does not say."""
    found = {}
    for name, shape in known.states.items():
        if not isinstance(shape, Pair):
            says = f"`{known.name}` works with the state `{name}`, of which the package has no type"
            remedy = f"Add it: `states: {{{name}: {{type: keyed-state, properties: ...}}}}`."
            raise FileRefused([Fault(known.place, "", says, remedy)])
        found[name] = shape.value
    return found


def _answers(known: Known) -> Callable[[Any, str], Any]:
    """Return what holds an answer against the type that the function says to return."""
    if known.operator == "filter":
        return _truth
    if known.output is None:
        return lambda value, _: value
    check = reader(known.output, outside=False)
    if known.operator in {"filter-map", CHANGES}:
        return lambda value, path: None if value is None else check(value, path)
    return check


def _truth(value: Any, path: str) -> Any:  # noqa: ARG001  the one form of all checks
    if type(value) is not bool:
        raise ValueUnfit("a filter answers true or false")
    return value
