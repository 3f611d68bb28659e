"""Functions in JavaScript: a helper of the script sandbox, asked as a confined process of Python code is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any
from uuid import UUID

import orjson

from dataflow.inline.folding import Blanks, Folded, Folding, Seen
from dataflow.inline.javascript_states import head_for
from dataflow.inline.process import CodeRefused, Ended, decoded
from governance.policies.sandbox import Limits, Script, ScriptKilled
from governance.policies.sandbox.helper import frames
from governance.policies.sandbox.process import Helper, HelperBroken

CPU_MILLISECONDS = 10_000
MEMORY_BYTES = 64 * 1024 * 1024
"""Heap of the engine."""
LARGEST_EXACT = 2**53 - 1
"""JavaScript's numbers are no longer every whole number above this: one would silently become another."""
INEXACT, NO_JSON = "a number is too large for JavaScript", "it answers what JSON cannot hold"
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

    def load(
        self, number: int, *, source: str, function: str, takes_bytes: bool, states: Blanks, seconds: float
    ) -> None:
        """Have the process know a function by a number. Raises `CodeRefused`, `Ended`."""
        plain_head = HEAD.replace("BYTES", "true" if takes_bytes else "false")
        head = head_for(states, takes_bytes=takes_bytes) if states else plain_head
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

    def call(
        self, number: int, arguments: Sequence[Sequence[Any]], *, reads: Sequence[Seen] = (), seconds: float
    ) -> list[tuple[bool, Any]]:
        """Return for each list of arguments whether it went well, and the result or the kind of error."""
        whole = [[{"reads": seen}, *each] for seen, each in zip(reads, arguments, strict=True)] if reads else arguments
        exact = [all(map(_is_exact, each)) for each in whole]
        given = [list(each) for each, is_exact in zip(whole, exact, strict=True) if is_exact]
        told = iter(self._asked(self._scripts[number], given, seconds))
        return [_understood(next(told)) if is_exact else (False, INEXACT) for is_exact in exact]

    def fold(self, number: int, asked: Folding, *, seconds: float) -> list[tuple[bool, Any]]:
        """Return whether it went well and `Folded`, or the kind of error, for the first of them up to one that failed.

        Of an error more is known where it is in the first record alone; otherwise the records before it are answered.
        """
        fit = 0
        for owner, key, arguments, seen in zip(asked.owners, asked.keys, asked.arguments, asked.reads, strict=True):
            if not _is_exact([*arguments, seen, [some[key] for some in asked.rows.values()]]):
                if owner == asked.owners[0]:
                    return [(False, INEXACT)]
                break
            fit += 1
        told: dict[str, Any] = {"owners": asked.owners[:fit], "keys": asked.keys[:fit], "with": asked.arguments[:fit]}
        told |= {"reads": asked.reads[:fit], "rows": {name: _exact(some) for name, some in asked.rows.items()}}
        (answer,) = self._asked(self._scripts[number], [[told]], seconds)
        return _folded(answer)

    def kill(self) -> None:
        """End the process now and reap it."""
        self._helper.kill()

    def _asked(self, script: Script, given: list[list[Any]], seconds: float) -> list[Any]:
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
        return told


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
        case str():
            went_well, told = _parsed(answer)
            return (True, told[0]) if went_well and len(told) == 1 else (False, NO_JSON)
        case [1, int() as line]:
            return False, f"Error in line {line}" if line > 0 else "Error"
    raise Ended("it makes no sense")


def _folded(answer: Any) -> list[tuple[bool, Any]]:
    if not isinstance(answer, str):
        return [_understood(answer)]
    found: list[tuple[bool, Any]] = []
    for each in _parsed(answer)[1]:
        match _parsed(each):
            case True, [value, dict() as rows]:
                found.append((True, Folded(value, rows)) if _is_exact(rows) else (False, INEXACT))
            case _:
                found.append((False, NO_JSON))
        if not found[-1][0]:
            break
    return found


def _parsed(text: str) -> tuple[bool, list[Any]]:
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:  # what no JSON can hold, or half of a surrogate pair, which is no text
        return False, []
    if not isinstance(told, list):
        raise Ended("it makes no sense")
    return True, told


def _exact(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return rows that JavaScript can hold: the others are those of values that it is not asked about."""
    return {key: row for key, row in rows.items() if _is_exact(row)}


def _is_exact(value: Any) -> bool:
    """Say whether JavaScript can hold every whole number in a value."""
    if isinstance(value, int):
        return -LARGEST_EXACT <= value <= LARGEST_EXACT
    if isinstance(value, dict):
        return all(map(_is_exact, value.values()))
    return all(map(_is_exact, value)) if isinstance(value, list | tuple) else True
