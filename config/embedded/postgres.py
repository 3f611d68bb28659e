"""One PostgreSQL server of our own: initialise, start, wait, stop."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config.embedded.binaries import postgres_binaries
from config.embedded.errors import LaunchError, OtherMajorVersion, ServerFailed
from config.embedded.identity import Identity, unprivileged
from config.embedded.ports import LOOPBACK
from config.embedded.processes import command_of, end_child, end_stranger
from config.embedded.refuge import reachable_binaries, reachable_directory

SUPERUSER = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 30.0

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "max_prepared_transactions": "0",  # a forgotten one would hold the sealer's horizon back
    # An error's text, its detail and the statement may hold personal values: start, stop and log-in failures suffice.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_checkpoints": "off",
}

THROW_AWAY = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
"""For a cluster that dies with the test run: nothing in it needs to survive a crash."""


@dataclass
class PostgresServer:
    """A running server; `stop()` returns when its last process is gone."""

    process: subprocess.Popen[bytes]
    port: int
    password: str
    data: Path
    log: Path

    @property
    def admin_url(self) -> str:
        return f"postgresql://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/postgres"

    def stop(self) -> None:
        """Shut down fast: sessions are ended, everything committed is on disk."""
        end_child(self.process, polite=signal.SIGINT, seconds=STOP_SECONDS)


def start_postgres(
    *,
    data: Path,
    log: Path,
    port: int,
    password: str,
    settings: dict[str, str] | None = None,
    identity: Identity | None = None,
) -> PostgresServer:
    """Start a server on loopback over the given data directory, which is made first where it does not exist.

    `password` is the superuser's and counts when the directory is made. Raises `OtherMajorVersion`, `ServerFailed`.
    """
    identity = identity or unprivileged()
    binaries = reachable_binaries(postgres_binaries(), identity)
    data = reachable_directory(data, identity)
    if not (data / "PG_VERSION").exists():
        _initialise(data=data, binaries=binaries, password=password, identity=identity)
    _refuse_other_major_version(data=data, binaries=binaries)
    _clear_stale_pid(data)
    options = [f"--{name}={value}" for name, value in {**SETTINGS, "port": str(port), **(settings or {})}.items()]
    with log.open("ab") as sink:
        log.chmod(0o600)
        process = identity.start(binaries / "postgres", "-D", data, *options, log=sink, death_signal=signal.SIGINT)
    server = PostgresServer(process=process, port=port, password=password, data=data, log=log)
    try:
        _wait_until_ready(server, binaries=binaries)
    except BaseException:  # Ctrl-C included: nobody else knows this process yet
        server.stop()
        raise
    return server


def _initialise(*, data: Path, binaries: Path, password: str, identity: Identity) -> None:
    with tempfile.NamedTemporaryFile("w", dir=data.parent, prefix="initdb-", delete=False) as pwfile:
        pwfile.write(password)
    secret = Path(pwfile.name)
    try:
        identity.give(secret)
        made = identity.run(
            *(binaries / "initdb", "-D", data, "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={secret}"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"),
        )
    finally:
        secret.unlink()
    if made.returncode:
        raise ServerFailed(f"initdb could not make {data}:\n{made.stdout}{made.stderr}")


def _refuse_other_major_version(*, data: Path, binaries: Path) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    version = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True)  # noqa: S603  our own binary
    ours = version.stdout.split()[2].split(".")[0]
    if found != ours:
        raise OtherMajorVersion(
            f"{data} was written by PostgreSQL {found}; the installed binaries are version {ours}.\n"
            f"Either dump it with PostgreSQL {found} (pg_dumpall) and restore after a fresh start, or, when the data "
            f"may go, move the directory away and start again:\n  mv {data} {data}-{found}"
        )


def _clear_stale_pid(data: Path) -> None:
    """Take away what a hard kill left: an orphaned server of this directory is stopped, a dead one's pid file goes.

    PostgreSQL refuses to start when the recorded pid now belongs to any living process, also to a stranger's.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        pid = 0
    command = command_of(pid) if pid > 0 else []
    if command and Path(command[0]).name.startswith("postgres") and str(data) in command:
        end_stranger(pid, polite=signal.SIGINT, seconds=STOP_SECONDS)
    with suppress(FileNotFoundError):
        pid_file.unlink()


def _wait_until_ready(server: PostgresServer, *, binaries: Path) -> None:
    probe = [str(binaries / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(server.port)]
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run(probe, check=False, cwd="/").returncode:  # noqa: S603  our own binary
        if server.process.poll() is not None:
            raise ServerFailed(f"PostgreSQL ended while starting. The end of {server.log}:\n{_tail(server.log)}")
        if time.monotonic() > deadline:
            raise LaunchError(f"PostgreSQL did not answer within {START_SECONDS:.0f} s; see {server.log}.")
        time.sleep(0.02)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])
