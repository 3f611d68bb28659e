"""Calling code on many values: a value on which it runs for ever or dies is found, and only that one fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dataflow.functions.protocol import Answer, Failed
from dataflow.inline.process import CodeRefused, Ended, Process

AT_ONCE = 500
"""Values of one message."""
BATCH_SECONDS, ONE_SECONDS = 10.0, 2.0
"""Wall-clock time of a message, and of a single value once a message took too long."""


class Runner:
    """Functions in one confined process, which is replaced when it breaks. One thread uses it."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._known: list[tuple[str, str, bool]] = []

    def add(self, *, source: str, function: str, takes_bytes: bool) -> int:
        """Take up a function; return its number. Raises `CodeRefused` where it cannot be loaded."""
        self._known.append((source, function, takes_bytes))
        number = len(self._known) - 1
        try:
            self._load(self._running(), number)
        except Ended as ended:
            self.close()
            raise CodeRefused(ended.kind) from None
        return number

    def call(self, number: int, arguments: Sequence[Sequence[Any]]) -> list[Answer]:
        """Return an answer for each list of arguments, `Failed` where the function failed on it."""
        found: list[Answer] = []
        for first in range(0, len(arguments), AT_ONCE):
            found += self._call(number, arguments[first : first + AT_ONCE], BATCH_SECONDS)
        return found

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def _call(self, number: int, arguments: Sequence[Sequence[Any]], seconds: float) -> list[Answer]:
        try:
            answers = self._running().call(number, arguments, seconds=seconds)
        except Ended as ended:
            self.close()
            if len(arguments) == 1:
                return [Failed(ended.kind)]
            return [answer for each in arguments for answer in self._call(number, [each], ONE_SECONDS)]
        return [value if went_well else Failed(str(value)[:120]) for went_well, value in answers]

    def _running(self) -> Process:
        if self._process is None:
            self._process = Process()
            for number in range(len(self._known)):
                self._load(self._process, number)
        return self._process

    def _load(self, process: Process, number: int) -> None:
        source, function, takes_bytes = self._known[number]
        process.load(number, source=source, function=function, takes_bytes=takes_bytes, seconds=BATCH_SECONDS)
