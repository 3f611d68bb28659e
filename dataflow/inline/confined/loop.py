"""The life of a confined process: load what functions may import, lock down, answer messages until nobody asks."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from struct import Struct
from typing import Any

from helper import locks  # type: ignore[import-not-found]  # the sandbox of scripts, found by its own path here
from rows import States  # type: ignore[import-not-found]  # beside this file, which is no package here

HEAD = Struct("<I")
CONNECTION = 0
IMPORTABLE = (
    *("re", "json", "math", "cmath", "datetime", "calendar", "hashlib", "hmac", "base64", "binascii", "string"),
    *("unicodedata", "decimal", "fractions", "itertools", "functools", "operator", "collections", "statistics"),
    *("textwrap", "html", "urllib.parse", "uuid", "time", "typing", "dataclasses", "enum", "random", "bisect", "heapq"),
    *("copy", "ipaddress", "zoneinfo", "struct", "zlib", "difflib", "secrets", "abc", "contextlib", "numbers"),
    *("encodings.idna", "stringprep", "encodings.latin_1", "encodings.utf_16", "encodings.ascii", "collections.abc"),
    *("__future__", "types", "warnings", "traceback", "_strptime"),
)
"""Modules that are there: nothing can be opened any more once the process is locked in."""
LARGEST_MESSAGE = 64 * 1024 * 1024


def main(*, parent: int, memory_bytes: int) -> None:
    """Serve until the other end closes the connection or the process is killed."""
    for name in IMPORTABLE:
        importlib.import_module(name)
    sys.path.clear()
    layers = locks.lock_down(parent=parent, address_space=memory_bytes)
    os.environ.clear()
    _send({"hello": layers})
    functions: dict[int, Function] = {}
    while True:
        message = _receive()
        if "load" in message:
            _send(_load(message["load"], functions))
        elif "fold" in message:
            _send(_fold(functions[message["fold"]], message))
        else:
            _send(_call(functions[message["call"]], message["with"], message.get("reads")))


Function = tuple[Callable[..., Any], bool, States]


def _load(told: dict[str, Any], functions: dict[int, Function]) -> dict[str, Any]:
    states = States(told.get("states") or {})
    space: dict[str, Any] = {"__name__": "flow", **states.names()}
    try:
        # Code of a flow is what this process is for; it is locked in.
        exec(compile(told["source"], "<flow>", "exec"), space)  # noqa: S102  the purpose of this process
        function = space[told["function"]]
    except BaseException as error:
        return {"refused": _named(error)}
    functions[told["id"]] = function, told["bytes"], states
    return {"loaded": True}


def _call(function: Function, arguments: list[list[Any]], reads: list[dict[str, Any]] | None) -> dict[str, Any]:
    call, takes_bytes, states = function
    answers: list[list[Any]] = []
    for number, each in enumerate(arguments):
        if reads is not None:
            states.turn_to(reads[number])
        given = [*each[:-1], each[-1].encode("latin-1")] if takes_bytes else each
        try:
            answers.append([0, _plain(call(*given))])
        except Exception as error:
            answers.append([1, _named(error)])
    return {"answers": answers}


def _fold(function: Function, message: dict[str, Any]) -> dict[str, Any]:
    """Call a function that changes rows on one value after another, up to the first on which it fails."""
    call, takes_bytes, states = function
    rows: dict[str, dict[str, Any]] = message["rows"]
    answers: list[list[Any]] = []
    for key, each, seen in zip(message["keys"], message["with"], message["reads"], strict=True):
        given = [*each[:-1], each[-1].encode("latin-1")] if takes_bytes else each
        states.turn_to({**seen, **{name: some.get(key) for name, some in rows.items()}})
        try:
            answers.append([0, _plain(call(*given)), _plain(states.changed)])
        except Exception as error:
            answers.append([1, _named(error)])
            break
        for name, row in states.changed.items():
            rows[name][key] = row
    return {"answers": answers}


def _plain(value: Any) -> Any:
    """Return a result as JSON can hold it; bytes are a list of numbers there. Raises for what it cannot hold."""
    if isinstance(value, bytes):
        return list(value)
    json.dumps(value, allow_nan=False)
    return value


def _named(error: BaseException) -> str:
    """Return the kind of an error and its line in the flow's code: its text may hold anything."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<flow>":
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.lineno:
        lines.append(error.lineno)
    return type(error).__name__[:80] + (f" in line {lines[-1]}" if lines else "")


def _receive() -> dict[str, Any]:
    (length,) = HEAD.unpack(_exactly(HEAD.size))
    message: dict[str, Any] = json.loads(_exactly(length))
    return message


def _exactly(length: int) -> bytes:
    got = bytearray()
    while len(got) < length:
        part = os.read(CONNECTION, min(length - len(got), 1 << 20))
        if not part:
            os._exit(0)
        got += part
    return bytes(got)


def _send(message: dict[str, Any]) -> None:
    body = json.dumps(message, separators=(",", ":")).encode()
    view = memoryview(HEAD.pack(len(body)) + body)
    while view:
        view = view[os.write(CONNECTION, view) :]
