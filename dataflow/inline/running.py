"""Calling code on many values: a value on which it runs for ever or dies is found, and only that one fails."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, TypeAlias

from dataflow.functions.protocol import Answer, Failed
from dataflow.inline.folding import Blanks, Folding, Seen
from dataflow.inline.javascript import JavaScriptProcess
from dataflow.inline.process import CodeRefused, Ended, Process

AT_ONCE = 500
"""Values of one message."""
BATCH_SECONDS, ONE_SECONDS = 10.0, 2.0
"""Wall-clock time of a message, and of a single value once a message took too long."""
LATE = "all of it took too long"


class Confined(Protocol):
    """A process that runs functions of one language and can do nothing else."""

    def load(
        self, number: int, *, source: str, function: str, takes_bytes: bool, states: Blanks, seconds: float
    ) -> None:
        """Have the process know a function by a number. Raises `CodeRefused`, `Ended`."""

    def call(
        self, number: int, arguments: Sequence[Sequence[Any]], *, reads: Sequence[Seen] = (), seconds: float
    ) -> list[tuple[bool, Any]]:
        """Return for each list of arguments whether it went well, and the result or the kind of error."""

    def fold(self, number: int, asked: Folding, *, seconds: float) -> list[tuple[bool, Any]]:
        """Return whether it went well and `Folded`, or the kind of error, for the first of them up to one that failed.

        Where a language cannot say more of an error than that there was one, it answers the records before it alone.
        """

    def kill(self) -> None:
        """End the process now and reap it."""


PROCESSES: Mapping[str, Callable[[], Confined]] = {"python": Process, "javascript": JavaScriptProcess}
"""What runs code, by its language."""


Piece: TypeAlias = tuple[str, str]
"""A language and code in it."""


@dataclass(frozen=True, slots=True)
class Known:
    language: str
    source: str
    function: str
    takes_bytes: bool
    states: Blanks

    @property
    def piece(self) -> Piece:
        """The code that it is a part of."""
        return self.language, self.source


class Runner:
    """Functions in confined processes, which are replaced when they break or were ended. One thread uses it.

    Each piece of code has a process of its own: code that shared one could change what other code calls.

    `seconds`: after these, every call fails and nothing is loaded; for code that somebody else waits for.
    """

    def __init__(self, *, seconds: float = math.inf) -> None:
        self._until = monotonic() + seconds
        self._processes: dict[Piece, Confined] = {}
        self._known: list[Known] = []

    @property
    def is_late(self) -> bool:
        """Whether its time is over."""
        return monotonic() >= self._until

    def add(
        self,
        *,
        source: str,
        function: str,
        takes_bytes: bool,
        language: str = "python",
        states: Blanks | None = None,
    ) -> int:
        """Take up a function; return its number. Raises `CodeRefused` where it cannot be loaded."""
        if language not in PROCESSES:
            raise CodeRefused(f"{language} is not run here")
        if self.is_late:
            raise CodeRefused(LATE)
        known, number = Known(language, source, function, takes_bytes, states or {}), len(self._known)
        try:
            self._load(self._running(known.piece), number, known)
        except Ended as ended:
            self._end(known.piece)
            raise CodeRefused(ended.kind) from None
        self._known.append(known)
        return number

    def call(self, number: int, arguments: Sequence[Sequence[Any]], reads: Sequence[Seen] = ()) -> list[Answer]:
        """Return an answer for each list of arguments, `Failed` where the function failed on it.

        Args:
            reads: where it names states, the rows that it sees, for each list of arguments.
        """
        found: list[Answer] = []
        for first in range(0, len(arguments), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            found += self._call(number, arguments[part], reads[part], BATCH_SECONDS)
        return found

    def fold(self, number: int, asked: Folding) -> list[Answer]:
        """Return `Folded` for the first values up to one that failed, which is `Failed`.

        Nothing is answered where the process ended and it is unknown on which record: who asks for one alone is told.
        """
        piece, left = self._known[number].piece, self._until - monotonic()
        is_alone = len(set(asked.owners)) == 1
        if left <= 0:
            return [Failed(LATE)]
        try:
            running = self._running(piece)
            answers = running.fold(number, asked, seconds=min(ONE_SECONDS if is_alone else BATCH_SECONDS, left))
        except Ended as ended:
            self._end(piece)
            return [Failed(ended.kind)] if is_alone else []
        return [value if went_well else Failed(str(value)[:120]) for went_well, value in answers]

    def close(self) -> None:
        """End the processes. A function that is called again has a new one."""
        for piece in tuple(self._processes):
            self._end(piece)

    def _call(
        self, number: int, arguments: Sequence[Sequence[Any]], reads: Sequence[Seen], seconds: float
    ) -> list[Answer]:
        piece, left = self._known[number].piece, self._until - monotonic()
        if left <= 0:
            return [Failed(LATE)] * len(arguments)
        try:
            answers = self._running(piece).call(number, arguments, reads=reads, seconds=min(seconds, left))
        except Ended as ended:
            self._end(piece)
            if len(arguments) == 1:
                return [Failed(ended.kind)]
            ones = range(len(arguments))
            alone = [(arguments[one : one + 1], reads[one : one + 1]) for one in ones]
            return [answer for each in alone for answer in self._call(number, *each, ONE_SECONDS)]
        return [value if went_well else Failed(str(value)[:120]) for went_well, value in answers]

    def _running(self, piece: Piece) -> Confined:
        if piece not in self._processes:
            process = self._processes[piece] = PROCESSES[piece[0]]()
            for number, known in enumerate(self._known):
                if known.piece == piece:
                    self._load(process, number, known)
        return self._processes[piece]

    def _load(self, process: Confined, number: int, known: Known) -> None:
        left = self._until - monotonic()
        if left <= 0:
            raise Ended(LATE)
        process.load(
            number,
            source=known.source,
            function=known.function,
            takes_bytes=known.takes_bytes,
            states=known.states,
            seconds=min(BATCH_SECONDS, left),
        )

    def _end(self, piece: Piece) -> None:
        process = self._processes.pop(piece, None)
        if process is not None:
            process.kill()
