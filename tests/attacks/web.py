"""Real web processes over this run's database, and calls that say exactly what an attacker would say."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from config.embedded.ports import LOOPBACK, free_port
from config.embedded.processes import end_child, wait_until
from tests.cluster import role_variable

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0
THREADS = 8
"""As many as production is told to use."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Web:
    """A running server; calls may carry any header any number of times."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        seconds: float = 30.0,
    ) -> Answer:
        """Make one call on a connection of its own. A body of bytes goes as it is, anything else as JSON."""
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=seconds)
        try:
            connection.putrequest(method, path)
            given = {name.lower() for name, _ in headers}
            if "content-type" not in given:
                connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(data)))
            if token is not None:
                connection.putheader("Authorization", f"Bearer {token}")
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(data)
            found = connection.getresponse()
            told = {name.lower(): value for name, value in found.getheaders()}
            return Answer(found.status, told, found.read())
        finally:
            connection.close()

    def post(self, path: str, body: Any = None, **rest: Any) -> Answer:
        return self.send("POST", path, body, **rest)

    def get(self, path: str, **rest: Any) -> Answer:
        return self.send("GET", path, **rest)


def database_url(role: str) -> str:
    """The address of the test database for a role, as a process of its own needs it."""
    from django.db import connections

    url = os.environ[role_variable(role)]
    return urlunsplit(urlsplit(url)._replace(path=f"/{connections['default'].settings_dict['NAME']}"))


def process_environment(**more: str) -> dict[str, str]:
    """What web and worker processes of this run may know: not the owner's address."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_MIGRATION_URL"}
    return {
        **kept,
        "DATABASE_URL": database_url("app"),
        "DATABASE_AUDITOR_URL": database_url("auditor"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


@contextmanager
def serving(log: Path, environ: Mapping[str, str]) -> Iterator[Web]:
    """Run one web process as production does until the block ends."""
    port = free_port()
    command = f"granian --interface=wsgi --host={LOOPBACK} --port={port} --no-ws --workers=1"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", *command.split(), f"--blocking-threads={THREADS}", "config.wsgi:application"],
            env=dict(environ),
            cwd=ROOT,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    web = Web(port, process, log)
    try:
        assert wait_until(lambda: _is_up(web), seconds=START_SECONDS, pause=0.1), log.read_text()[-2000:]
        yield web
    finally:
        end_child(process, polite=signal.SIGTERM, seconds=10)


def _is_up(web: Web) -> bool:
    assert web.process.poll() is None, web.log.read_text()[-2000:]
    with contextlib.suppress(OSError, http.client.HTTPException):
        return web.get("/healthz", seconds=2).status == 200
    return False
