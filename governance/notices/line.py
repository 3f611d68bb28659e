"""A line to the mail server that ends on time: time-outs of sockets are per operation, so who drips meets none."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial
from threading import Timer
from time import monotonic
from typing import Any, BinaryIO

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

MOST_HEARD = 64 * 1024
"""Bytes of all the replies of a server, before TLS and behind it; one that says more is hung up on."""


class PunctualBackend(EmailBackend):
    """Django's way to the server, with an end: whatever the server does, it is hung up on after so many seconds."""

    def __init__(self, *, seconds: float) -> None:
        super().__init__()
        self._ends = monotonic() + seconds
        self._watch = ExitStack()

    @property
    def is_over(self) -> bool:
        """Whether its time is over."""
        return monotonic() >= self._ends

    @property
    def connection_class(self) -> Any:
        """What Django connects with."""
        return partial(_LineOverTls if self.use_ssl else _Line, watched=self._watched)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send messages, and leave no connection behind; raises as Django's."""
        with self._watch, closing(self):
            return super().send_messages(email_messages)

    def try_out(self) -> None:
        """Go as far as the first message, and leave no connection behind; raises as Django's."""
        with self._watch, closing(self):
            self.open()

    def close(self) -> None:
        """Close what is open; a connection that failed on its way is left without a word, which it may not answer."""
        half_open: smtplib.SMTP | None = getattr(self, "_partial_connection", None)
        if half_open is not None:
            half_open.close()
            self._partial_connection = None
        super().close()

    def _watched(self, link: socket.socket) -> None:
        line = self._watch.enter_context(link.dup())  # the same connection, whatever TLS makes of the other handle
        guard = Timer(max(0.0, self._ends - monotonic()), _hang_up, [line])
        guard.daemon = True
        guard.start()
        self._watch.callback(guard.cancel)


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


class _Line(smtplib.SMTP):
    """A connection that is watched from its first byte, and hears so much and no more."""

    def __init__(self, *args: Any, watched: Callable[[socket.socket], None], **rest: Any) -> None:
        self._watched = watched
        super().__init__(*args, **rest)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        link: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # where smtplib connects
        self._watched(link)
        return link

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Bounded(self.sock.makefile("rb"))
        return super().getreply()


class _LineOverTls(smtplib.SMTP_SSL, _Line):
    """The same over TLS: smtplib's own puts it around what `_Line` has connected."""

    def __init__(self, *args: Any, watched: Callable[[socket.socket], None], **rest: Any) -> None:
        self._watched = watched
        smtplib.SMTP_SSL.__init__(self, *args, **rest)


class _Bounded:
    """What a server says, line by line: smtplib itself keeps the lines of a reply that never ends."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._left = file, MOST_HEARD

    def readline(self, size: int) -> bytes:
        line = self._file.readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise OSError("a reply without an end")
        return line

    def close(self) -> None:
        self._file.close()
