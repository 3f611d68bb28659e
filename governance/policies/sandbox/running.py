"""Runs published scripts over candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import urandom
from typing import Any, Literal

import orjson

from .errors import ScriptKilled
from .lending import pool
from .script import HostCalls, Parameters, Script, ScriptFault

LONGEST_MESSAGE = 256 * 1024
"""Bytes of candidates one message carries: more candidates go in several messages, each with its own limits."""
LONGEST_CANDIDATE = 1024 * 1024
"""Bytes of one candidate, above which it is not given to a script at all."""
SEED_BYTES = 32
LONGEST_BASE = 32 * 1024
"""Bytes of what contexts share. A part of it is the caller's: reading it must not use up what the script may use."""

FAULTS: dict[int, Literal["error", "result"]] = {1: "error", 2: "result"}
VERDICTS = {1: True, 0: False}


def run_policy(
    script: Script,
    candidates: Sequence[Mapping[str, Any] | None],
    params: Parameters | bytes,
    *,
    base: Mapping[str, Any] | None = None,
    host: HostCalls | None = None,
) -> list[bool | ScriptFault]:
    """Ask `policy(context, params)` for every candidate; nothing but `true` admits.

    A candidate is a whole context. With `base` it is a profile: its context is the base, which travels once and is
    read-only for the script, with the profile as `user`.

    One answer per candidate, in order: true, false, or the fault of that candidate alone. Raises ScriptUnavailable and
    ScriptKilled where nothing was decided for anyone, and whatever a host call raised.
    """
    shared = b"" if base is None else _encoded(base)
    return [
        VERDICTS[answer] if type(answer) is int and answer in VERDICTS else _fault(answer, script)
        for answer in _answers(script, candidates, params, host, shared=shared)
    ]


def run_transform(
    script: Script, values: Sequence[Any], params: Parameters, *, host: HostCalls | None = None
) -> list[str | ScriptFault]:
    """Ask `transform(data, params)` for every value.

    Text that is a JSON object or array arrives as such, other text as it is. Objects and arrays come back as JSON, null
    and undefined as "", everything else as JavaScript's String() has it. Raises like `run_policy`.
    """
    return [_text(answer, script) for answer in _answers(script, values, params, host, shared=b"")]


def encoded(params: Parameters) -> bytes:
    """Write parameters as scripts get them; for a script that is asked again and again, once. TypeError if no JSON."""
    return orjson.dumps(params, default=_plain)


def _answers(
    script: Script,
    candidates: Sequence[Any],
    params: Parameters | bytes,
    host: HostCalls | None,
    *,
    shared: bytes | None,
) -> list[Any]:
    if not candidates:
        return []
    if shared is None or len(shared) > LONGEST_BASE:
        return [None] * len(candidates)
    given = params if isinstance(params, bytes) else encoded(params)
    return _ask(script, list(candidates), given, shared, host)


def _ask(script: Script, candidates: list[Any], params: bytes, shared: bytes, host: HostCalls | None) -> list[Any]:
    """Send one message, or two halves where it would be too long or a candidate in it is no JSON."""
    if script.function == "tokenize":  # a seed of its own for every message: none may repeat the tokens of another
        shared = urandom(SEED_BYTES).hex().encode()
    head = b"%b\n%b\n" % (params, shared)
    alone = len(candidates) == 1
    encoded = _encoded(candidates)
    if encoded is not None and len(encoded) + len(head) <= LONGEST_CANDIDATE:
        if alone or len(encoded) <= LONGEST_MESSAGE:
            return _decoded(pool().run(script, head + encoded, host=host), len(candidates))
    elif alone:
        return [None]
    middle = len(candidates) // 2
    halves = (candidates[:middle], candidates[middle:])
    return [answer for half in halves for answer in _ask(script, half, params, shared, host)]


def _encoded(value: object) -> bytes | None:
    try:
        return orjson.dumps(value, default=_plain)
    except orjson.JSONEncodeError:
        return None


def _plain(value: object) -> Any:
    """Let read-only mappings through; everything else that is not JSON stays out, values that hide themselves first."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError("not JSON")


def _decoded(answer: bytes, expected: int) -> list[Any]:
    try:
        answers = orjson.loads(answer)
    except orjson.JSONDecodeError:
        raise ScriptKilled("crash") from None
    if not isinstance(answers, list) or len(answers) != expected:
        raise ScriptKilled("crash")
    return answers


def _text(answer: Any, script: Script) -> str | ScriptFault:
    return answer if isinstance(answer, str) else _fault(answer, script)


def _fault(answer: Any, script: Script) -> ScriptFault:
    """Read a fault: a line is one of the script's own lines or none, so that it can tell nothing else."""
    if answer is None:
        return ScriptFault("value")
    match answer:
        case [1 | 2 as kind, int() as line]:
            return ScriptFault(FAULTS[kind], line if 1 <= line <= script.source.count("\n") + 1 else None)
    raise ScriptKilled("crash")
