"""Calling one function of a package as a flow does: what goes in and what comes out is held against its types."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from dataflow.functions.protocol import Answer, Failed
from dataflow.inline.running import Runner
from dataflow.packages.folders import snake
from dataflow.packages.library import Input, Known
from dataflow.schemas.converting import reader
from dataflow.schemas.shapes import BYTES
from dataflow.schemas.unfit import ValueUnfit

LONGEST_SHOWN = 400
"""Characters of a value in a message."""


class Called:
    """A function, ready to be called on pairs of a key and a value. Raises `CodeRefused`, `FileRefused`."""

    def __init__(self, known: Known, value: Input, runner: Runner) -> None:
        self._known, self._runner = known, runner
        self._takes_bytes = value.shape == BYTES
        self._with_key = any(each.kind == "key" for each in known.inputs)
        self._read = reader(value.shape, outside=False)
        self._check = _answers(known)
        code = known.code()
        self._number = runner.add(
            language=code.language, source=code.source, function=snake(known.name), takes_bytes=self._takes_bytes
        )

    def on(self, given: Sequence[tuple[Any, Any]]) -> list[Answer]:
        """Return an answer for each pair of a key and a value that its type allows."""
        arguments = [[key, self._sent(value)] if self._with_key else [self._sent(value)] for key, value in given]
        return [self._checked(each) for each in self._runner.call(self._number, arguments)]

    def unfit(self, value: Any) -> str:
        """Say why a value cannot be given; empty where it can."""
        try:
            self._read(_as_bytes(value) if self._takes_bytes else value, "")
        except ValueUnfit as unfit:
            return str(unfit)
        return ""

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


def _answers(known: Known) -> Callable[[Any, str], Any]:
    """Return what holds an answer against the type that the function says to return."""
    if known.operator == "filter":
        return _truth
    if known.output is None:
        return lambda value, _: value
    check = reader(known.output, outside=False)
    if known.operator == "filter-map":
        return lambda value, path: None if value is None else check(value, path)
    return check


def _truth(value: Any, path: str) -> Any:  # noqa: ARG001  the one form of all checks
    if type(value) is not bool:
        raise ValueUnfit("a filter answers true or false")
    return value
