"""A small syslog server on loopback: it reads octet-counted messages until the sender is done, also by TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread


@dataclass
class SyslogServer:
    """What came, message by message; `dies_after`: bytes of a connection after which it hangs up without a word."""

    port: int = 0
    messages: list[bytes] = field(default_factory=list)
    dies_after: int = 0
    connections: int = 0


@contextmanager
def syslog_server(certificate: tuple[Path, Path] | None = None) -> Iterator[SyslogServer]:
    """Serve until the block ends."""
    family = socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)[0][0] if certificate else socket.AF_INET
    told, context = SyslogServer(), None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    address = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    with socket.create_server((address, 0), family=family) as listening:
        told.port = listening.getsockname()[1]
        Thread(target=_serve, args=(listening, told, context), daemon=True).start()
        yield told


def _serve(listening: socket.socket, told: SyslogServer, context: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        while True:
            bare, _ = listening.accept()
            told.connections += 1
            with suppress(OSError):
                link = context.wrap_socket(bare, server_side=True) if context else bare
                _read(link, told)
                if isinstance(link, ssl.SSLSocket):
                    link.unwrap()
                link.close()
            bare.close()


def _read(link: socket.socket, told: SyslogServer) -> None:
    text = b""
    while piece := link.recv(4096):
        text += piece
        if told.dies_after and len(text) > told.dies_after:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, as of a killed process
            raise OSError
    while text:
        length, _, rest = text.partition(b" ")
        told.messages.append(rest[: int(length)])
        text = rest[int(length) :]
