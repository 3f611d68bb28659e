"""A mail server on loopback that keeps what it is handed, and refuses what a test tells it to."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller

from config.embedded.ports import LOOPBACK, free_port


@dataclass
class MailServer:
    """What the server answers to a recipient and to a message, and what it has taken."""

    port: int = 0
    to_recipient: str = "250 OK"
    to_message: str = "250 OK"
    taken: list[tuple[list[str], Message]] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  the library's name
        if self.to_recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  the library's name
        if self.to_message.startswith("2"):
            self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return self.to_message


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """Serve until the block ends; with `tls` it takes nothing before STARTTLS."""
    told = MailServer()
    demands: dict[str, Any] = {"tls_context": tls, "require_starttls": True} if tls else {}
    told.port = free_port()
    controller = Controller(told, hostname=LOOPBACK, port=told.port, **demands)
    controller.start()
    try:
        yield told
    finally:
        controller.stop()


@contextmanager
def endless_server(greeting: bytes, goes_on_with: bytes) -> Iterator[int]:
    """Serve one connection a greeting, and then the same again and again until it is hung up on; yields the port."""
    with socket.create_server((LOOPBACK, 0)) as listening:

        def serve() -> None:
            with suppress(OSError), listening.accept()[0] as link:
                link.sendall(greeting)
                while True:
                    link.sendall(goes_on_with)
                    time.sleep(0.02)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)
        assert not thread.is_alive(), "nobody hung up"
