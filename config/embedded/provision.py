"""Where the database and the broker come from: the environment's addresses, else servers of our own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
import redis

from config.database.roles import APP, AUDITOR, LOGIN_ROLES, OWNER, SEALER, bootstrap_database
from config.embedded.errors import LaunchError
from config.embedded.ports import LOOPBACK
from config.embedded.postgres import SUPERUSER, PostgresServer, start_postgres
from config.embedded.state import StateDirectory
from config.embedded.valkey import ValkeyServer, start_valkey

DATABASE = "sealbook"
OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)


@dataclass(frozen=True)
class Databases:
    """Addresses by role. The owner's is for migrations only and never reaches a web or worker process, and the sealer's
    reaches the sealer alone.
    """

    app: str
    owner: str
    auditor: str
    sealer: str
    server: PostgresServer | None = None


@dataclass(frozen=True)
class Broker:
    """Address of the Redis-compatible server."""

    url: str
    server: ValkeyServer | None = None


def provide_databases(state: StateDirectory, environ: Mapping[str, str] = os.environ) -> Databases:
    """Return the given databases, or those of an embedded server that is started and bootstrapped here."""
    given = {name: environ.get(name, "") for name in ("DATABASE_URL", "DATABASE_MIGRATION_URL")}
    if any(given.values()):
        for name, url in given.items():
            if not url:
                other = next(known for known in given if known != name)
                raise LaunchError(f"{other} is set and {name} is not: set both (application and owner role), or none.")
            refuse_old_postgres(url, variable=name)
        return Databases(
            app=given["DATABASE_URL"],
            owner=given["DATABASE_MIGRATION_URL"],
            auditor=environ.get("DATABASE_AUDITOR_URL", ""),
            sealer=environ.get("DATABASE_SEALER_URL", ""),
        )
    return _embedded_databases(state)


def provide_broker(state: StateDirectory, environ: Mapping[str, str] = os.environ) -> Broker:
    """Return the given server, or an embedded one that is started here."""
    if url := environ.get("REDIS_URL", ""):
        refuse_old_redis(url)
        return Broker(url=url)
    server = start_valkey(
        directory=state.root / "valkey",
        log=state.log / "valkey.log",
        port=state.port("valkey"),
        password=state.passwords(["valkey"])["valkey"],
    )
    return Broker(url=server.url, server=server)


def refuse_old_postgres(url: str, *, variable: str) -> None:
    """Raise `LaunchError` where the server cannot be reached or is older than we support; the address is not shown."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            major = connection.info.server_version // 10_000
    except psycopg.Error as problem:
        raise LaunchError(f"{variable}: the database cannot be reached ({type(problem).__name__}).") from None
    if major < OLDEST_POSTGRES:
        raise LaunchError(f"{variable}: PostgreSQL {major} is too old, Sealbook needs {OLDEST_POSTGRES} or newer.")


def refuse_old_redis(url: str) -> None:
    """Raise `LaunchError` where the server cannot be reached or is older than we support; the address is not shown."""
    try:
        with redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=10) as connection:
            about: dict[str, str] = connection.info("server")
    except (redis.RedisError, ValueError) as problem:
        raise LaunchError(f"REDIS_URL: the server cannot be reached ({type(problem).__name__}).") from None
    version = tuple(int(part) for part in str(about["redis_version"]).split(".")[:2])
    if version < OLDEST_REDIS:
        raise LaunchError(
            f"REDIS_URL: Redis {about['redis_version']} is too old, Sealbook needs 6.2 or newer, or Valkey."
        )


def _embedded_databases(state: StateDirectory) -> Databases:
    passwords = state.passwords([SUPERUSER, *LOGIN_ROLES])
    server = start_postgres(
        data=state.root / "postgres",
        log=state.log / "postgres.log",
        port=state.port("postgres"),
        password=passwords[SUPERUSER],
    )
    try:
        bootstrap_database(admin_url=server.admin_url, database=DATABASE, passwords=passwords)
    except BaseException:
        server.stop()
        raise

    def url(role: str) -> str:
        return f"postgresql://{role}:{passwords[role]}@{LOOPBACK}:{server.port}/{DATABASE}"

    return Databases(app=url(APP), owner=url(OWNER), auditor=url(AUDITOR), sealer=url(SEALER), server=server)
