"""The machines of a run: PostgreSQL and Valkey of our own, as durable as in production, and one web server."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCKING_THREADS = 8
"""Threads of the one web worker: what production is told to use; most of them wait for a commit."""
START_SECONDS = 60.0
ROOT = Path(__file__).resolve().parents[1]

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "512MB"}
"""A release waits for a real disk sync, and the data fit into memory: what is measured is work, not reading."""


@contextmanager
def servers() -> Iterator[None]:
    """Run both servers on loopback and point this process's environment at them; nothing of them stays.

    To be entered before Django reads its settings.
    """
    from config.embedded.ports import LOOPBACK, free_port
    from config.embedded.postgres import start_postgres
    from config.embedded.valkey import start_valkey
    from keyring.kms.local import create_keyring_file

    state = Path(tempfile.mkdtemp(prefix="sealbook-bench-"))
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, state, ignore_errors=True)
        postgres = start_postgres(
            data=state / "postgres",
            log=state / "postgres.log",
            port=free_port(),
            password=secrets.token_hex(16),
            settings=DURABLE,
        )
        undo.callback(shutil.rmtree, postgres.data, ignore_errors=True)
        undo.callback(postgres.stop)
        valkey = start_valkey(
            directory=state / "valkey", log=state / "valkey.log", port=free_port(), password=secrets.token_hex(16)
        )
        undo.callback(valkey.stop)
        create_keyring_file(state / "keyring.json")
        os.environ.update(_roles(postgres.admin_url, f"{LOOPBACK}:{postgres.port}/sealbook"))
        os.environ.update(
            REDIS_URL=valkey.url,
            SEALBOOK_STATE=str(state),
            SEALBOOK_KEYRING=str(state / "keyring.json"),
            SEALBOOK_SECRET_KEY=secrets.token_urlsafe(50),
            DJANGO_SETTINGS_MODULE="benchmarks.settings",
            SEALBOOK_UNSEALED_EXPORT_MINUTES="0",  # nobody seals here
            SEALBOOK_UNSEALED_READ_MINUTES="0",
        )
        yield


def _roles(admin_url: str, address: str) -> dict[str, str]:
    from config.database.roles import APP, AUDITOR, LOGIN_ROLES, OWNER, SEALER, bootstrap_database

    passwords = {role: secrets.token_hex(16) for role in LOGIN_ROLES}
    bootstrap_database(admin_url=admin_url, database="sealbook", passwords=passwords)
    named = {"DATABASE_URL": APP, "DATABASE_MIGRATION_URL": OWNER, "DATABASE_AUDITOR_URL": AUDITOR}
    named["BENCHMARK_SEALER_URL"] = SEALER
    addresses = {"BENCHMARK_ADMIN_URL": f"{admin_url.rpartition('/')[0]}/sealbook"}
    return addresses | {name: f"postgresql://{role}:{passwords[role]}@{address}" for name, role in named.items()}


@contextmanager
def web(*, workers: int = 1) -> Iterator[int]:
    """Serve the application as `make run` does with one worker, as production does with one a core; yields its port."""
    from config.embedded.ports import LOOPBACK, free_port

    port = free_port()
    command = f"granian --interface=wsgi --host={LOOPBACK} --port={port} --no-ws --log-level=warning"
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_MIGRATION_URL"}
    sizes = f"--workers={workers}", f"--blocking-threads={BLOCKING_THREADS}"
    server = subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", *command.split(), *sizes, "config.wsgi:application"],
        env=environ,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_answers(server, port)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def peak_megabytes(port: int) -> float:
    """Return the most memory that a worker of the server on this port ever had resident (`VmHWM`, proc(5))."""
    named = f"--port={port}".encode()
    parents = {int(one.parent.name) for one in Path("/proc").glob("[0-9]*/cmdline") if named in _text_of(one)}
    told = (_text_of(one).decode() for one in Path("/proc").glob("[0-9]*/status"))
    fields = (dict(line.partition(":")[::2] for line in one.splitlines()) for one in told)
    return max(
        int(each["VmHWM"].split()[0]) / 1024 for each in fields if "VmHWM" in each and int(each["PPid"]) in parents
    )


def _text_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""  # it ended meanwhile


def _wait_until_it_answers(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError("the web server ended while starting")
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the web server did not answer within {START_SECONDS:.0f} s")
