"""One confined process as seen from outside: started locked in, asked with a deadline, killed on any doubt."""

from __future__ import annotations

import builtins
import os
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from struct import Struct
from time import monotonic
from typing import Any

import orjson

from dataflow.inline.folding import Blanks, Folded, Folding, Seen
from governance.policies import sandbox

HEAD = Struct("<I")
START_SECONDS = 10.0
MEMORY_BYTES = 512 * 1024 * 1024
"""Address space of the process."""
LARGEST_ANSWER = 64 * 1024 * 1024
MOST_WEIGHT = 1_000_000
"""What the values of an answer may weigh: a list and a comma 1, an object 4. Each 1 is up to 100 bytes of memory once
it is parsed, however few letters it is written with."""
SECCOMP = 1
"""The layer that must hold, as the process announces it (`governance/policies/sandbox/helper/frames.py`)."""
BOOT = """
import sys
sandbox, confined, parent, memory = sys.argv[1:]
sys.path += [sandbox, confined]
import loop
loop.main(parent=int(parent), memory_bytes=int(memory))
"""


class Ended(Exception):
    """The process is gone, did not answer in time, or said what makes no sense; `kind` is a word for people."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class CodeRefused(Exception):
    """Code cannot be loaded; the text is the kind of error and its line."""


class Process:
    """A running process. After `Ended` it is of no use any more: whoever has it kills it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and file
                _command(), stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={"TZ": "UTC0"}, cwd="/", close_fds=True,
            )  # fmt: skip
        self._socket = ours
        self._sources: dict[int, str] = {}
        try:
            told = self._receive(monotonic() + START_SECONDS)
            if not int(told.get("hello", 0)) & SECCOMP:
                raise Ended("it is not locked in")
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def load(
        self, number: int, *, source: str, function: str, takes_bytes: bool, states: Blanks, seconds: float
    ) -> None:
        """Have the process know a function by a number. Raises `CodeRefused`, `Ended`."""
        asked = {"id": number, "source": source, "function": function, "bytes": takes_bytes, "states": states}
        told = {"load": asked}
        answer = self._ask(told, seconds)
        self._sources[number] = source
        if not answer.get("loaded"):
            raise CodeRefused(str(answer.get("refused", "it says nothing"))[:120])

    def call(
        self, number: int, arguments: Sequence[Sequence[Any]], *, reads: Sequence[Seen] = (), seconds: float
    ) -> list[tuple[bool, Any]]:
        """Return for each list of arguments whether it went well, and the result or the kind of error."""
        message = {"call": number, "with": arguments} | ({"reads": reads} if reads else {})
        answers = self._ask(message, seconds).get("answers")
        if not isinstance(answers, list) or len(answers) != len(arguments):
            raise Ended("it does not answer what was asked")
        return [_understood(each, self._sources[number]) for each in answers]

    def fold(self, number: int, asked: Folding, *, seconds: float) -> list[tuple[bool, Any]]:
        """Return whether it went well and `Folded`, or the kind of error, for the first up to one that failed."""
        told = {"fold": number, "with": asked.arguments, "keys": asked.keys, "rows": asked.rows, "reads": asked.reads}
        answers = self._ask(told, seconds).get("answers")
        if not isinstance(answers, list) or not 0 < len(answers) <= len(asked.arguments):
            raise Ended("it does not answer what was asked")
        return [_folded(each, self._sources[number]) for each in answers]

    def kill(self) -> None:
        """End the process now and reap it."""
        self._process.kill()
        self._process.wait()
        self._socket.close()

    def _ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        deadline = monotonic() + seconds
        body = orjson.dumps(message)
        try:
            self._socket.settimeout(seconds)
            self._socket.sendall(HEAD.pack(len(body)) + body)
        except TimeoutError:
            raise Ended("it took too long") from None
        except OSError:
            raise Ended("it ended") from None
        return self._receive(deadline)

    def _receive(self, deadline: float) -> dict[str, Any]:
        (length,) = HEAD.unpack(self._exactly(HEAD.size, deadline))
        if length > LARGEST_ANSWER:
            raise Ended("it answers too much")
        told = decoded(self._exactly(length, deadline))
        if not isinstance(told, dict):
            raise Ended("it makes no sense")
        return told

    def _exactly(self, length: int, deadline: float) -> bytearray:
        got = bytearray()
        while len(got) < length:
            left = deadline - monotonic()
            try:
                if left <= 0:
                    raise TimeoutError
                self._socket.settimeout(left)
                part = self._socket.recv(min(length - len(got), 1 << 20))
            except TimeoutError:
                raise Ended("it took too long") from None
            except OSError:
                raise Ended("it ended") from None
            if not part:
                raise Ended("it ended")
            got += part
        return got


def decoded(answer: bytes | bytearray) -> Any:
    """Return an answer parsed, where it takes little more memory than it is long. Raises `Ended`."""
    if answer.count(b"[") + answer.count(b",") + 4 * answer.count(b"{") > MOST_WEIGHT:
        raise Ended("it answers too much")
    try:
        return orjson.loads(answer)
    except orjson.JSONDecodeError:
        raise Ended("it makes no sense") from None


def _understood(answer: Any, source: str) -> tuple[bool, Any]:
    if not isinstance(answer, list) or len(answer) != 2:
        raise Ended("it makes no sense")
    return (True, answer[1]) if answer[0] == 0 else (False, _kind_of(answer[1], source))


def _folded(answer: Any, source: str) -> tuple[bool, Any]:
    if isinstance(answer, list) and len(answer) == 3 and isinstance(answer[2], dict):
        return True, Folded(answer[1], answer[2])
    return _understood(answer, source)


_IS_KIND = re.compile(r"([A-Za-z_]\w{0,79})( in line [0-9]{1,6})?", re.ASCII)


def _kind_of(told: Any, source: str) -> str:
    """Return the kind of an error that code tells: a name of Python's, or one that stands in the code.

    Code could call its error anything, a record's text as well, and what is returned here is kept in the clear.
    """
    found = _IS_KIND.fullmatch(told) if isinstance(told, str) else None
    if found is None:
        return "an error"
    is_known = hasattr(builtins, found[1]) or re.search(rf"\b{found[1]}\b", source) is not None
    return told if is_known else f"an error{found[2] or ''}"


def _command() -> list[str]:
    folders = str(Path(sandbox.__file__).parent), str(Path(__file__).parent / "confined")
    return [sys.executable, "-I", "-S", "-c", BOOT, *folders, str(os.getpid()), str(MEMORY_BYTES)]
