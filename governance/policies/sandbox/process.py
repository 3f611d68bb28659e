"""One helper process as seen from outside: started locked in, lent to one thread at a time, killed on any doubt."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from time import clock_gettime, monotonic
from typing import Any

import _quickjs
import orjson

from .errors import KilledBy, ScriptKilled, ScriptUnavailable
from .helper import frames
from .script import HostCalls, Limits, Script

START_SECONDS = 10.0
"""How long a helper may take to lock itself in and say hello."""
LONGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of one reply; a helper that announces more is taken for broken."""
MOST_HOST_CALLS = 3_000
"""Questions one message may ask, two for each of the 1500 candidates of a page; a script that asks more is ended."""
LONGEST_QUESTION = 64 * 1024
"""Bytes of what a script gives to one host call."""
SLACK = 0.005
"""Seconds by which a deadline may be missed."""
TIMEVAL = Struct("@ll")
CPU_CLOCK = 2
"""Low bits of the clock id of a process's CPU time: clock_getcpuclockid(3), which Python does not offer."""

BOOT = """
import importlib.machinery as machinery, sys
name, sandbox, engine, parent, cpu, memory = "_quickjs", *sys.argv[1:]
loader = machinery.ExtensionFileLoader(name, engine)
sys.modules[name] = loader.create_module(machinery.ModuleSpec(name, loader, origin=engine))
loader.exec_module(sys.modules[name])
sys.path.append(sandbox)
import helper.loop as loop
sys.path.clear()
loop.main(parent=int(parent), cpu_milliseconds=int(cpu), memory_bytes=int(memory))
"""
"""Loads the engine from its own file: the package beside it starts a thread, and seccomp binds one thread only."""

KINDS: dict[bytes, KilledBy] = {frames.TIMEOUT: "timeout", frames.MEMORY: "memory"}


@dataclass(frozen=True, slots=True)
class LockReport:
    """Which layers a started helper announced."""

    seccomp: bool
    user_namespace: bool
    rlimits: bool


class HelperBroken(Exception):
    """The process did not keep its part: kill it. `kind` says how the call under way ends."""

    def __init__(self, kind: KilledBy) -> None:
        super().__init__(kind)
        self.kind: KilledBy = kind


class Helper:
    """A running helper. Any exception but an answer's own leaves it unusable: whoever holds it must `kill` it."""

    def __init__(self, limits: Limits) -> None:
        """Start the process; it serves once `greet` returned. The thread that does this must outlive the helper."""
        ours, theirs = socket.socketpair()
        with theirs:
            # S603 is off: our own interpreter, and no word of a request among its arguments
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and file
                command(limits),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"TZ": "UTC0"},
                cwd="/",
                close_fds=True,
            )
        self._socket = ours
        self._buffer = bytearray(65_536)
        self._patience = 0.0
        self._clock = (~self._process.pid << 3) | CPU_CLOCK
        self._began = 0.0
        self.tired = False
        self.locks = LockReport(seccomp=False, user_namespace=False, rlimits=False)

    @property
    def pid(self) -> int:
        """The process id of the helper."""
        return self._process.pid

    def greet(self) -> None:
        """Wait until the helper is locked in; HelperBroken where it is not."""
        operation, body = self._receive(monotonic() + START_SECONDS)
        if operation != frames.HELLO or len(body) != 1:
            raise HelperBroken("crash")
        layers = body[0]
        self.locks = LockReport(
            seccomp=bool(layers & frames.SECCOMP),
            user_namespace=bool(layers & frames.NAMESPACES),
            rlimits=bool(layers & frames.RLIMITS),
        )
        if not self.locks.seccomp:
            raise HelperBroken("crash")

    def run(self, script: Script, body: bytes, *, deadline: float, host: HostCalls | None) -> bytes:
        """Have the script judge the message and give its answer as JSON.

        Raises ScriptKilled where a limit of the engine ended the call (the helper lives on) and HelperBroken where
        the helper has to go.
        """
        self._began = self._cpu()
        self._send(frames.CALL, script.digest, body, deadline)
        operation, answer = self._receive(deadline)
        if operation == frames.UNKNOWN:
            self._send(frames.LOAD, script.digest, script.packed + body, deadline)
            operation, answer = self._receive(deadline)
        failure: BaseException | None = None
        asked = 0
        while operation == frames.HOST:
            asked += 1
            if asked > MOST_HOST_CALLS or len(answer) > LONGEST_QUESTION:
                raise HelperBroken("flood")
            reply, problem = _ask(script, host, answer)
            failure = failure or problem
            self._send(frames.HOST_REPLY, script.digest, reply, deadline)
            operation, answer = self._receive(deadline)
        if failure is not None:
            raise HostFailed(failure)
        if operation == frames.ANSWER:
            return answer
        raise ScriptKilled(KINDS.get(answer, "crash")) if operation == frames.ENDED else HelperBroken("crash")

    def check(self, packed: bytes, *, deadline: float) -> tuple[str, int, int] | None:
        """Have a text examined: nothing where it is a script, else the reason and the place."""
        self._send(frames.CHECK, bytes(16), packed, deadline)
        operation, answer = self._receive(deadline)
        if operation == frames.ANSWER:
            return None
        if operation == frames.REFUSED:
            line, column, reason = answer.decode(errors="replace").split(",", 2)
            return reason, int(line), int(column)
        raise ScriptKilled(KINDS.get(answer, "crash")) if operation == frames.ENDED else HelperBroken("crash")

    def cpu_of_call(self) -> float:
        """Tell the CPU the helper has used since its last call began, in seconds."""
        return self._cpu() - self._began

    def kill(self) -> None:
        """End the process now and reap it."""
        self._process.kill()  # first: whoever still waits for an answer sees the end of the connection
        self._process.wait()
        self._socket.close()

    def forget(self) -> None:
        """In a forked child: let go of the parent's helper without touching it."""
        self._socket.close()
        self._process.returncode = 0

    def _cpu(self) -> float:
        try:
            return clock_gettime(self._clock)
        except OSError:  # it is gone, and somebody else reaped it
            return 0.0

    def _send(self, operation: int, digest: bytes, body: bytes, deadline: float) -> None:
        self._wait_until(deadline)
        try:
            self._socket.sendall(frames.REQUEST.pack(len(body), operation, digest) + body)
        except BlockingIOError:
            raise HelperBroken("timeout") from None
        except OSError:
            raise HelperBroken("crash") from None

    def _receive(self, deadline: float) -> tuple[int, bytes]:
        buffer, head = self._buffer, frames.REPLY.size
        got = self._read(memoryview(buffer), deadline)
        while got < head:
            got += self._read(memoryview(buffer)[got:], deadline)
        length, operation = frames.REPLY.unpack_from(buffer)
        if length > LONGEST_ANSWER or got > head + length:
            raise HelperBroken("crash")
        body = bytes(buffer[head:got]) if got == head + length else self._receive_rest(head, got, length, deadline)
        if operation & frames.TIRED:
            self.tired = True
        return operation & ~frames.TIRED, body

    def _receive_rest(self, head: int, got: int, length: int, deadline: float) -> bytes:
        whole = bytearray(length)
        have = got - head
        whole[:have] = self._buffer[head:got]
        view = memoryview(whole)
        while have < length:
            have += self._read(view[have:], deadline)
        return bytes(whole)

    def _read(self, into: memoryview, deadline: float) -> int:
        self._wait_until(deadline)
        try:
            count = self._socket.recv_into(into)
        except BlockingIOError:
            raise HelperBroken("timeout") from None
        except OSError:
            raise HelperBroken("crash") from None
        if count == 0:
            raise HelperBroken("crash")
        return count

    def _wait_until(self, deadline: float) -> None:
        """Bound the next operation by the deadline, give or take `SLACK`.

        The kernel's own timeout is set only where it has to change: a socket that Python times costs two more system
        calls per operation, a quarter of a call's price.
        """
        left = deadline - monotonic()
        if left <= 0:
            raise HelperBroken("timeout")
        if abs(left - self._patience) > SLACK:
            limit = TIMEVAL.pack(int(left), int(left % 1 * 1e6) or 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            self._patience = left


class HostFailed(Exception):
    """A host call raised: carries what it raised past the helper, which is in good order."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__("a host call failed")
        self.reason = reason


def command(limits: Limits) -> list[str]:
    """Spell the command line of a helper: isolated, without site-packages."""
    return [
        *(sys.executable, "-I", "-S", "-c", BOOT, str(Path(__file__).parent), str(_quickjs.__file__)),
        *(str(os.getpid()), str(limits.cpu_milliseconds), str(limits.memory_bytes)),
    ]


def _ask(script: Script, host: HostCalls | None, request: bytes) -> tuple[bytes, BaseException | None]:
    """Answer a helper's question, believing nothing about it; the script learns only that a call failed."""
    name, _, arguments = request.partition(b"\n")
    called = name.decode(errors="replace")
    if host is None or called not in script.host_calls:
        return frames.HOST_FAILED, ScriptUnavailable("the script asks for a host call that is not offered")
    try:
        given: Any = orjson.loads(arguments)
        return frames.HOST_DONE + orjson.dumps(host.call(called, given)), None
    except Exception as problem:
        return frames.HOST_FAILED, problem
