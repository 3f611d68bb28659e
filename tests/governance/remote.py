"""A web server on loopback that scripts can ask: it answers as a test tells it and keeps what it was asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Remote:
    """What the server answers next, and what it has been asked."""

    port: int = 0
    status: int = 200
    body: bytes = b"fine"
    headers: dict[str, str] = field(default_factory=dict)
    drip_seconds: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/people?who=ada"


@contextmanager
def remote() -> Iterator[Remote]:
    """Serve until the block ends."""
    told = Remote()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            told.asked.append(
                {
                    "method": self.command,
                    "path": self.path,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": self.rfile.read(length).decode(),
                }
            )
            self.send_response(told.status)
            for name, value in {"Content-Length": str(len(told.body)), **told.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for byte in told.body if told.drip_seconds else ():
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(told.drip_seconds)
            if not told.drip_seconds:
                self.wfile.write(told.body)

        do_POST = do_GET  # noqa: N815  the library's name

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def handle(self) -> None:
            with suppress(OSError):  # the asker has hung up, which is what some tests are about
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
