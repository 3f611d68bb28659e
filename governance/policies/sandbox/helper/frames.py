"""The wire between a process that needs a script judged and the helper that runs it.

A frame is a fixed head followed by `length` bytes. Neither side trusts the other's lengths.
"""

from __future__ import annotations

import os
from struct import Struct

REQUEST = Struct("<IB16s")
"""To the helper: length of the body, operation, digest of the script."""
REPLY = Struct("<IB")
"""From the helper: length of the body, operation."""
SCRIPT = Struct("<BII")
"""Head of a script inside a body: function, bytes of the host call names, bytes of the source."""

CALL, LOAD, CHECK, HOST_REPLY = 1, 2, 3, 4
HELLO, ANSWER, UNKNOWN, ENDED, HOST, REFUSED = 1, 2, 3, 4, 5, 6
TIRED = 0x80
"""Added to the operation of a reply by a helper that wants to be replaced."""

POLICY, TRANSFORM, TOKENIZE = 1, 2, 3
FUNCTIONS = {"policy": POLICY, "transform": TRANSFORM, "tokenize": TOKENIZE}
"""Kinds of scripts. Only those that make tokens find randomness: every other one has to answer alike each time."""
NAMES = {number: name for name, number in FUNCTIONS.items()}
DEFINES = {POLICY: "policy", TRANSFORM: "transform", TOKENIZE: "transform"}
"""The function that a script of a kind defines."""

TIMEOUT, MEMORY, CRASH = b"t", b"m", b"c"
"""Why a whole call ended."""

SECCOMP, NAMESPACES, RLIMITS = 1, 2, 4
"""Layers a helper announces in its first frame."""

HOST_DONE, HOST_FAILED = b"1", b"0"
"""First byte of a host reply."""


def pack_script(*, function: int, names: tuple[str, ...], source: bytes) -> bytes:
    """Lay a script out as the head of a body."""
    listed = ",".join(names).encode()
    return SCRIPT.pack(function, len(listed), len(source)) + listed + source


def unpack_script(body: bytes) -> tuple[int, tuple[str, ...], str, bytes]:
    """Give function, host call names, source and what follows them."""
    function, listed, length = SCRIPT.unpack_from(body)
    names_end = SCRIPT.size + listed
    source_end = names_end + length
    names = body[SCRIPT.size : names_end].decode()
    return function, tuple(names.split(",")) if names else (), body[names_end:source_end].decode(), body[source_end:]


class PeerGone(Exception):
    """The other end closed the connection."""


class Wire:
    """The helper's end: blocking, one frame at a time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""

    def receive(self) -> tuple[int, bytes, bytes]:
        """Wait for a frame and give operation, digest and body; PeerGone at the end of the connection."""
        data = self._rest
        while len(data) < REQUEST.size:
            data += self._read(16_384)
        length, operation, digest = REQUEST.unpack_from(data)
        end = REQUEST.size + length
        if len(data) < end:
            chunks, missing = [data], end - len(data)
            while missing > 0:
                chunk = self._read(max(missing, 65_536))
                chunks.append(chunk)
                missing -= len(chunk)
            data = b"".join(chunks)
        self._rest = data[end:]
        return operation, digest, data[REQUEST.size : end]

    def send(self, operation: int, body: bytes = b"") -> None:
        """Write one frame completely."""
        data = REPLY.pack(len(body), operation) + body
        written = os.write(self._descriptor, data)
        while written < len(data):
            written += os.write(self._descriptor, memoryview(data)[written:])

    def _read(self, size: int) -> bytes:
        chunk = os.read(self._descriptor, size)
        if not chunk:
            raise PeerGone
        return chunk
