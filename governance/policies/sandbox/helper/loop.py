"""The life of a helper: lock down, say hello, answer frames until the other end is gone."""

from __future__ import annotations

import os
import time

import _quickjs

from . import engine, frames, locks

CONNECTION = 0
"""Standard input is the socket; output and errors go nowhere."""


def main(*, parent: int, cpu_milliseconds: int, memory_bytes: int) -> None:
    """Serve until the other end closes the connection or the process is killed."""
    time.tzset()
    _warm_up()
    layers = locks.lock_down(parent=parent, address_space=96 * 1024 * 1024 + 2 * memory_bytes)
    limits = engine.Limits(cpu_seconds=cpu_milliseconds / 1000, memory_bytes=memory_bytes)
    helper = Helper(frames.Wire(CONNECTION), limits)
    helper.wire.send(frames.HELLO, bytes((layers,)))
    try:
        while True:
            helper.serve()
    except frames.PeerGone:
        os._exit(0)


def _warm_up() -> None:
    """Let the engine and the C library open what they open once, while that is still allowed."""
    _quickjs.Context().eval("new Date(0).getTimezoneOffset()")


class Helper:
    """Holds the loaded scripts, oldest use first."""

    def __init__(self, wire: frames.Wire, limits: engine.Limits) -> None:
        self.wire = wire
        self._limits = limits
        self._loaded: dict[bytes, engine.Loaded] = {}
        self._served = 0
        self._tired = 0

    def serve(self) -> None:
        """Answer one frame."""
        operation, digest, body = self.wire.receive()
        if operation == frames.CALL:
            self._call(digest, body)
        elif operation == frames.LOAD:
            self._load_and_call(digest, body)
        elif operation == frames.CHECK:
            self._check(body)
        else:
            os._exit(1)

    def _call(self, digest: bytes, body: bytes) -> None:
        loaded = self._loaded.get(digest)
        if loaded is None:
            self.wire.send(frames.UNKNOWN)
            return
        try:
            answer = loaded.call(body.decode())
        except Exception as problem:
            del self._loaded[digest]
            self.wire.send(frames.ENDED | self._tired, engine.why_it_ended(problem))
        else:
            self.wire.send(frames.ANSWER | self._tired, answer)
            self._tidy(digest, loaded)
        self._age()

    def _load_and_call(self, digest: bytes, body: bytes) -> None:
        function, names, source, call = frames.unpack_script(body)
        while len(self._loaded) >= engine.CONTEXTS:
            del self._loaded[next(iter(self._loaded))]
        try:
            self._loaded[digest] = engine.Loaded(
                function=function, names=names, source=source, limits=self._limits, host=self._ask_host
            )
        except engine.Malformed:
            self.wire.send(frames.ENDED, frames.CRASH)
            return
        except Exception as problem:
            self.wire.send(frames.ENDED, engine.why_it_ended(problem))
            return
        self._call(digest, call)

    def _check(self, body: bytes) -> None:
        function, names, source, _ = frames.unpack_script(body)
        try:
            engine.check(source=source, script=function, names=names, limits=self._limits)
        except engine.Malformed as problem:
            self.wire.send(frames.REFUSED, f"{problem.line},{problem.column},{problem.reason}".encode())
            return
        except Exception as problem:
            self.wire.send(frames.ENDED, engine.why_it_ended(problem))
            return
        self.wire.send(frames.ANSWER)

    def _ask_host(self, name: str, arguments: str) -> str:
        """Ask the other process; called by the engine, so it must not raise but for the end of everything."""
        try:
            self.wire.send(frames.HOST, f"{name}\n{arguments}".encode())
            operation, _, body = self.wire.receive()
            if operation == frames.HOST_REPLY:
                return body.decode()
        except BaseException:
            os._exit(1)
        os._exit(1)

    def _tidy(self, digest: bytes, loaded: engine.Loaded) -> None:
        """After the answer is out: mark the use and renew an old context."""
        if len(self._loaded) > 1:
            self._loaded[digest] = self._loaded.pop(digest)
        try:
            loaded.refresh()
        except Exception:
            del self._loaded[digest]

    def _age(self) -> None:
        self._served += 1
        if self._served % 1024 == 0 and engine.is_tired():
            self._tired = frames.TIRED
