"""Functions in JavaScript: a helper of the script sandbox, asked as a confined process of Python code is."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Any
from uuid import UUID

import orjson

from dataflow.inline.process import CodeRefused, Ended, decoded
from governance.policies.sandbox import Limits, Script, ScriptKilled
from governance.policies.sandbox.helper import frames
from governance.policies.sandbox.process import Helper, HelperBroken

CPU_MILLISECONDS = 10_000
MEMORY_BYTES = 64 * 1024 * 1024
"""Heap of the engine."""
LARGEST_EXACT = 2**53 - 1
"""JavaScript's numbers are no longer every whole number above this: one would silently become another."""
NOBODY = UUID(int=0)
HEAD = """\
const transform = (make => { const call = make(); return given => { let isPlain = true; \
const plain = (name, value) => { \
switch (typeof value) { \
case "bigint": case "symbol": case "function": isPlain = false; return null; \
case "number": if (!Number.isFinite(value)) isPlain = false; return value; \
case "object": { if (value === null) return value; \
if (value instanceof Uint8Array) return Array.from(value); \
const kind = Object.getPrototypeOf(value); \
if (kind !== Object.prototype && kind !== Array.prototype && kind !== null) isPlain = false; } } \
return value; }; \
const last = given.length - 1; if (BYTES) given[last] = Uint8Array.from(given[last], each => each.charCodeAt(0)); \
const told = JSON.stringify([call(...given)], plain); return isPlain ? told : "!"; }; })(() => { """
"""Stands before the first line of the code, so that its lines keep their numbers."""
TAIL = "\n;return FUNCTION; });"
_ENDED = {"timeout": "it took too long", "memory": "it needs too much memory"}


class JavaScriptProcess:
    """A running helper. After `Ended` it is of no use any more: whoever has it kills it."""

    def __init__(self) -> None:
        self._scripts: dict[int, Script] = {}
        self._helper = _started()

    @property
    def pid(self) -> int:
        return self._helper.pid

    def load(self, number: int, *, source: str, function: str, takes_bytes: bool, seconds: float) -> None:
        """Have the process know a function by a number. Raises `CodeRefused`, `Ended`."""
        head = HEAD.replace("BYTES", "true" if takes_bytes else "false")
        whole = head + source + TAIL.replace("FUNCTION", function)
        script = Script(environment_id=NOBODY, key=str(number), source=whole, function="transform")
        packed = frames.pack_script(function=frames.FUNCTIONS["transform"], names=(), source=whole.encode())
        try:
            wrong = self._helper.check(packed, deadline=monotonic() + seconds)
        except ScriptKilled as killed:
            raise Ended(_ENDED.get(killed.cause, "it ended")) from None
        except HelperBroken as broken:
            raise Ended(_ENDED.get(broken.kind, "it ended")) from None
        if wrong is not None:
            reason, line, _ = wrong
            raise CodeRefused(reason + (f" in line {min(line, source.count(chr(10)) + 1)}" if line else ""))
        self._scripts[number] = script

    def call(self, number: int, arguments: Sequence[Sequence[Any]], *, seconds: float) -> list[tuple[bool, Any]]:
        """Return for each list of arguments whether it went well, and the result or the kind of error."""
        exact = [all(map(_is_exact, each)) for each in arguments]
        given = [list(each) for each, is_exact in zip(arguments, exact, strict=True) if is_exact]
        told = iter(self._asked(self._scripts[number], given, seconds))
        return [next(told) if is_exact else (False, "a number is too large for JavaScript") for is_exact in exact]

    def kill(self) -> None:
        """End the process now and reap it."""
        self._helper.kill()

    def _asked(self, script: Script, given: list[list[Any]], seconds: float) -> list[tuple[bool, Any]]:
        try:
            body = b"{}\n\n" + orjson.dumps(given)
            answer = self._helper.run(script, body, deadline=monotonic() + seconds, host=None)
            told = decoded(answer)
        except ScriptKilled as killed:
            raise Ended(_ENDED.get(killed.cause, "it ended")) from None
        except HelperBroken as broken:
            raise Ended(_ENDED.get(broken.kind, "it ended")) from None
        except orjson.JSONEncodeError:
            raise Ended("it makes no sense") from None
        if not isinstance(told, list) or len(told) != len(given):
            raise Ended("it does not answer what was asked")
        if self._helper.tired:
            self._helper.kill()
            self._helper = _started()
        return [_understood(each) for each in told]


def _started() -> Helper:
    limits = Limits(cpu_milliseconds=CPU_MILLISECONDS, wall_milliseconds=CPU_MILLISECONDS, memory_bytes=MEMORY_BYTES)
    helper = Helper(limits)
    try:
        helper.greet()
    except HelperBroken:
        helper.kill()
        raise Ended("it is not locked in") from None
    return helper


def _understood(answer: Any) -> tuple[bool, Any]:
    match answer:
        case "!":
            return False, "it answers what JSON cannot hold"
        case str():
            return _parsed(answer)
        case [1, int() as line]:
            return False, f"Error in line {line}" if line > 0 else "Error"
    raise Ended("it makes no sense")


def _parsed(text: str) -> tuple[bool, Any]:
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:  # half of a surrogate pair, which is no text
        return False, "it answers what JSON cannot hold"
    if not isinstance(told, list) or len(told) != 1:
        raise Ended("it makes no sense")
    return True, told[0]


def _is_exact(value: Any) -> bool:
    """Say whether JavaScript can hold every whole number in a value."""
    if isinstance(value, int):
        return -LARGEST_EXACT <= value <= LARGEST_EXACT
    if isinstance(value, dict):
        return all(map(_is_exact, value.values()))
    return all(map(_is_exact, value)) if isinstance(value, list | tuple) else True
