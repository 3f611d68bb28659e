"""Throw-away PostgreSQL and Valkey servers for one test run, made before Django reads its settings.

The controller starts them and exports their addresses; pytest-xdist workers inherit these. Where DATABASE_URL,
DATABASE_MIGRATION_URL and DATABASE_AUDITOR_URL are set, those databases are used: the owner there must be allowed to
create databases. The same goes for REDIS_URL.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from config.database.roles import APP, AUDITOR, LOGIN_ROLES, OWNER, bootstrap_database, permit_test_databases
from config.embedded.ports import LOOPBACK, free_port
from config.embedded.postgres import THROW_AWAY as POSTGRES_THROW_AWAY
from config.embedded.postgres import PostgresServer, start_postgres
from config.embedded.processes import command_of
from config.embedded.valkey import THROW_AWAY as VALKEY_THROW_AWAY
from config.embedded.valkey import ValkeyServer, start_valkey

DATABASE = "sealbook"
_PREFIX = "sealbook-test-"
STARTED = "SEALBOOK_TEST_CLUSTER"
"""Set in the environment once the servers run: whoever finds it set starts nothing."""

_URL_VARIABLES = {"DATABASE_URL": APP, "DATABASE_MIGRATION_URL": OWNER, "DATABASE_AUDITOR_URL": AUDITOR}


@dataclass
class Cluster:
    """What one test run started; `stop()` leaves neither a process nor a file."""

    state: Path
    servers: list[PostgresServer | ValkeyServer] = field(default_factory=list)

    def stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()
            if isinstance(server, PostgresServer):
                shutil.rmtree(server.data, ignore_errors=True)
        shutil.rmtree(self.state, ignore_errors=True)


def start_cluster() -> Cluster | None:
    """Start what is missing and export the addresses; None in a process that inherits them."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        _use_own_redis_database(int(worker.removeprefix("gw")))
    if STARTED in os.environ:
        return None
    _sweep_after_killed_runs()
    cluster = Cluster(state=Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")))
    os.environ["SEALBOOK_STATE"] = str(cluster.state)
    os.environ["SEALBOOK_KEYRING"] = str(cluster.state / "keyring.json")
    os.environ["SEALBOOK_SECRET_KEY"] = secrets.token_urlsafe(50)
    # Nobody seals in most tests, some tell the time, and machines may be slow; tests of these set their own.
    os.environ["SEALBOOK_SLOWEST_APPEND_MILLISECONDS"] = "0"
    os.environ["SEALBOOK_UNSEALED_EXPORT_MINUTES"] = os.environ["SEALBOOK_UNSEALED_READ_MINUTES"] = "0"
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # a browser driver's loop runs beside the ORM
    try:
        _provide_postgres(cluster)
        _provide_valkey(cluster)
        _provide_keyring(cluster)
    except BaseException:
        cluster.stop()
        raise
    os.environ[STARTED] = str(os.getpid())
    return cluster


def _sweep_after_killed_runs() -> None:
    """Remove what a killed run could not: its servers died with it, its directory is named after its process."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}[0-9]*-*"):
        pid = int(left.name.removeprefix(_PREFIX).split("-")[0])
        if not command_of(pid) and left.stat().st_uid == os.geteuid():
            shutil.rmtree(left, ignore_errors=True)


def _provide_postgres(cluster: Cluster) -> None:
    given = [variable for variable in _URL_VARIABLES if os.environ.get(variable)]
    if given:
        missing = [variable for variable in _URL_VARIABLES if variable not in given]
        if missing:
            raise RuntimeError(f"{', '.join(given)} is set: set {', '.join(missing)} too, or none of them")
        return
    server = start_postgres(
        data=cluster.state / "postgres",
        log=cluster.state / "postgres.log",
        port=free_port(),
        password=secrets.token_hex(16),
        settings=POSTGRES_THROW_AWAY,
    )
    cluster.servers.append(server)
    passwords = {role: secrets.token_hex(16) for role in LOGIN_ROLES}
    bootstrap_database(admin_url=server.admin_url, database=DATABASE, passwords=passwords)
    permit_test_databases(admin_url=server.admin_url)
    address = f"{LOOPBACK}:{server.port}/{DATABASE}"
    urls = {role: f"postgresql://{role}:{passwords[role]}@{address}" for role in LOGIN_ROLES}
    for variable, role in _URL_VARIABLES.items():
        os.environ[variable] = urls[role]
    os.environ["SEALBOOK_TEST_SUPERUSER_URL"] = server.admin_url
    for role, url in urls.items():
        os.environ[role_variable(role)] = url


def _provide_valkey(cluster: Cluster) -> None:
    if os.environ.get("REDIS_URL"):
        return
    server = start_valkey(
        directory=cluster.state / "valkey",
        log=cluster.state / "valkey.log",
        port=free_port(),
        password=secrets.token_hex(16),
        persistence=VALKEY_THROW_AWAY,
    )
    cluster.servers.append(server)
    os.environ["REDIS_URL"] = server.url


def _provide_keyring(cluster: Cluster) -> None:
    with contextlib.suppress(ImportError):
        from keyring.kms.local import create_keyring_file

        create_keyring_file(cluster.state / "keyring.json")


def role_variable(role: str) -> str:
    """Return the name of the variable that holds a role's address, e.g. SEALBOOK_TEST_SEALER_URL."""
    return f"SEALBOOK_TEST_{role.removeprefix('sealbook_').upper()}_URL"


def _use_own_redis_database(worker: int) -> None:
    """Give each worker a database of its own; a fresh server has sixteen."""
    base = os.environ["REDIS_URL"].rpartition("/")[0]
    os.environ["REDIS_URL"] = f"{base}/{worker % 15 + 1}"
