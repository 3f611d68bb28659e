"""Keeps one engine context per script and runs calls in it."""

from __future__ import annotations

import time

import _quickjs

from . import frames
from .harness import HARNESS, LINES_BEFORE, wrap
from .undeclared import assigned_names

NO_MEMORY = ("null", "undefined", "InternalError: out of memory", "InternalError: string too long")
"""How the engine says it has no memory left; without any for an Error it throws null."""

TYPE_CHECKING = False  # typing.TYPE_CHECKING, whose import costs a helper several milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Host = Callable[[str, str], str]

STACK_BYTES = 256 * 1024
CONTEXTS = 64
"""Scripts a helper keeps ready; the least recently used one goes."""
CALLS_PER_CONTEXT = 1_000
"""Pending jobs of promises are never run and stay in the heap: after that many calls a context is built anew."""
TIRED_AFTER = 900.0
"""Seconds of CPU after which a helper asks to be replaced, far below `locks.CPU_SECONDS`."""


class Limits:
    """What one call may use: CPU seconds of the engine and bytes of its heap."""

    def __init__(self, *, cpu_seconds: float, memory_bytes: int) -> None:
        self.cpu_seconds = cpu_seconds
        self.memory_bytes = memory_bytes


class Malformed(Exception):
    """The script is no script: which rule it breaks, and where (1-based, 0 where unknown)."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


class Loaded:
    """A script in its context, ready to be called."""

    def __init__(self, *, function: int, names: tuple[str, ...], source: str, limits: Limits, host: Host) -> None:
        self._function = function
        self._names = names
        self._source = source
        self._limits = limits
        self._host = host
        self.calls = 0
        self._rebuild()

    def call(self, body: str) -> bytes:
        """Run the script for every candidate and give the answers as JSON. The engine's errors pass.

        The body is three lines: the parameters as JSON, what the contexts share (JSON or nothing; for a script that
        makes tokens the seed of this call, in hexadecimal digits) and the candidates as JSON.
        """
        self.calls += 1
        params, base, candidates = body.split("\n", 2)
        answer: str = self._entry(params, base, candidates)
        return answer.encode()

    def refresh(self) -> None:
        """Start again in a new context once this one is old."""
        if self.calls >= CALLS_PER_CONTEXT:
            self._rebuild()
            self.calls = 0

    def _rebuild(self) -> None:
        kind = frames.NAMES[self._function]
        self._entry: Callable[[str, str, str], str] = install(
            source=self._source,
            script=self._function,
            kind=kind,
            names=self._names,
            limits=self._limits,
            host=self._host,
        )


def install(*, source: str, script: int, kind: str, names: tuple[str, ...], limits: Limits, host: Host) -> Any:
    """Compile a script behind the harness in a context of its own and give the harness's entry for this kind.

    `script` is the number of its kind in `frames`; `kind` is that one's name, or `check`. The entry takes parameters,
    base and candidates and gives the answers, all as JSON text; for `check` it is the verdict itself.

    The engine cannot call Python while a time limit is set, so scripts with host calls run without one: for them the
    other process's clock decides.
    """
    prove_balanced(source)
    context = _quickjs.Context()
    context.set_memory_limit(limits.memory_bytes)
    context.set_max_stack_size(STACK_BYTES)
    if names:
        context.add_callable("__host", host)
    if script == frames.TOKENIZE:
        context.eval("globalThis.__random = true")
    attach = context.eval(HARNESS)
    if not names:
        context.set_time_limit(limits.cpu_seconds)
    variables = () if script == frames.POLICY else assigned_names(source, taken=names)
    made = context.eval(wrap(source, function=frames.DEFINES[script], names=names, variables=variables))
    return attach(made, kind, ",".join(names))


def prove_balanced(source: str) -> None:
    """Refuse, before anything of it runs, a text that is not a whole script: it could close the function around it.

    Compiled alone behind a `throw`, the text must parse; what parses alone cannot reach beyond its braces.
    """
    context = _quickjs.Context()
    context.set_max_stack_size(STACK_BYTES)
    context.set_memory_limit(64 * 1024 * 1024)
    try:
        context.eval(f'"use strict";throw "whole";\n{source}')
    except _quickjs.JSException as problem:
        text = str(problem)
        if text.startswith("whole\n"):
            return
        raise Malformed(*_where(text, lines_before=1)) from None
    raise Malformed("the text is not a script")


def check(*, source: str, script: int, names: tuple[str, ...], limits: Limits) -> None:
    """Run the script's outermost statements once, without arguments, to see that they define the function.

    Raises Malformed where they do not.
    """
    prove_balanced(source)
    try:
        host = _no_host
        defined = install(source=source, script=script, kind="check", names=names, limits=limits, host=host)
    except _quickjs.JSException as problem:
        raise Malformed(*_where(str(problem), lines_before=LINES_BEFORE)) from None
    if defined is not True:
        raise Malformed(f"no function {frames.DEFINES[script]} is defined")


def why_it_ended(problem: BaseException) -> bytes:
    """Tell a time limit, a memory limit and everything else apart."""
    text = str(problem)
    if text.startswith("InternalError: interrupted"):
        return frames.TIMEOUT
    if text.startswith(NO_MEMORY) or isinstance(problem, MemoryError):
        return frames.MEMORY
    return frames.CRASH


def is_tired() -> bool:
    return time.process_time() > TIRED_AFTER


def _no_host(_name: str, _arguments: str) -> str:
    return "0"


def _where(text: str, *, lines_before: int) -> tuple[str, int, int]:
    """Read the engine's reason and place; a reason is cut before anything that quotes the script."""
    head, _, rest = text.partition("\n")
    kind, _, message = head.partition(": ")
    reason = message.split(":")[0].split("'")[0].split('"')[0].strip() if kind == "SyntaxError" else ""
    for place in rest.split("<input>:")[1:]:
        numbers = place.split(")")[0].split("\n")[0].split(":")
        if len(numbers) == 2 and numbers[0].isdigit() and numbers[1].isdigit() and int(numbers[0]) > lines_before:
            return reason or _named(kind), int(numbers[0]) - lines_before, int(numbers[1])
    return reason or _named(kind), 0, 0


def _named(kind: str) -> str:
    if kind == "InternalError":
        return "its outermost statements exceed a limit"
    return "its outermost statements fail" if kind != "SyntaxError" else "not valid JavaScript"
