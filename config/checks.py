"""What `manage.py check --deploy` refuses: what is wrong, in the hint what to do, and no value."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections
from django.utils.module_loading import import_string

SHORTEST_SECRET = 50
"""Characters of `SECRET_KEY`; the figure of Django's own check security.W009."""

OLDEST_POSTGRESQL = 150_000
OLDEST_REDIS = (6, 2)

SAFE_SSL_MODES = frozenset({"require", "verify-ca", "verify-full"})

TOO_POWERFUL = """
select rolsuper or rolbypassrls or rolcreaterole or exists (
  select from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and pg_has_role(current_user, c.relowner, 'MEMBER'))
from pg_roles where rolname = current_user
"""
"""True for a role that row-level security does not bind, or that could lift it."""

Check = Callable[..., list[CheckMessage]]


def _refuses(find: Callable[[], Iterator[Error]]) -> Check:
    """Register a generator of errors as a check of `check --deploy`."""

    def check(app_configs: object, **_: Any) -> list[CheckMessage]:  # noqa: ARG001  the framework's signature
        return list(find())

    check.__name__ = find.__name__
    check.__doc__ = find.__doc__
    register(check, Tags.security, deploy=True)
    return check


def is_loopback(host: str) -> bool:
    """Whether a connection to this host stays on this machine. A path is a Unix socket; empty means the default one."""
    if host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@_refuses
def check_scripts() -> Iterator[Error]:
    """Refuse a process whose scripts may ask this machine itself."""
    if settings.GOVERNANCE_SCRIPTS_MAY_CALL_LOOPBACK:
        yield Error(
            "Scripts may send requests to this machine, in clear text.",
            hint="Leave SEALBOOK_SCRIPTS_MAY_CALL_LOOPBACK unset.",
            id="sealbook.E014",
        )


@_refuses
def check_tickets() -> Iterator[Error]:
    """Refuse a system of tickets that is asked in the clear, or without an address."""
    way = import_string("governance.tickets.is_private_way")
    if settings.GOVERNANCE_TICKETS.endswith(".HttpTickets") and not way(settings.GOVERNANCE_TICKETS_URL):
        yield Error(
            "The system that keeps tickets has no address over TLS.",
            hint="Set SEALBOOK_TICKETS_URL to an https address, or to one of this machine.",
            id="sealbook.E018",
        )


@_refuses
def check_staff() -> Iterator[Error]:
    """Refuse a staff directory that is asked in the clear."""
    way = import_string("governance.tickets.is_private_way")
    if settings.GOVERNANCE_STAFF_URL and not way(settings.GOVERNANCE_STAFF_URL):
        yield Error(
            "The staff directory has no address over TLS.",
            hint="Set SEALBOOK_STAFF_URL to an https address, or to one of this machine.",
            id="sealbook.E032",
        )


@_refuses
def check_webhooks() -> Iterator[Error]:
    """Refuse networks of webhooks that are none, or that reach this machine itself."""
    try:
        networks = [ipaddress.ip_network(each) for each in settings.GOVERNANCE_WEBHOOK_NETWORKS]
    except ValueError:
        yield Error(
            "A network of webhooks is none.",
            hint="Write SEALBOOK_WEBHOOK_NETWORKS as CIDR ranges such as 10.20.0.0/16, separated by commas.",
            id="sealbook.E019",
        )
        return
    if any(network.is_loopback or network.overlaps(_LOOPBACK[network.version]) for network in networks):
        yield Error(
            "Webhooks may lie on this machine, in clear text.",
            hint="Name no network in SEALBOOK_WEBHOOK_NETWORKS that holds a loopback address.",
            id="sealbook.E020",
        )


_LOOPBACK: dict[int, Any] = {4: ipaddress.ip_network("127.0.0.0/8"), 6: ipaddress.ip_network("::1/128")}


@_refuses
def check_process() -> Iterator[Error]:
    """Refuse a process that shows its inside, has a weak secret, or trusts every host name."""
    if settings.DEBUG:
        yield Error(
            "Debug pages show local variables, values included.",
            hint="Unset SEALBOOK_DEBUG.",
            id="sealbook.E001",
        )
    if len(settings.SECRET_KEY) < SHORTEST_SECRET:
        yield Error(
            f"The secret key is shorter than {SHORTEST_SECRET} characters.",
            hint="Set SEALBOOK_SECRET_KEY to a long random text and keep it out of the repository.",
            id="sealbook.E002",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "Every host name is accepted, so links and redirects can be forged.",
            hint="Name the public hosts in SEALBOOK_ALLOWED_HOSTS.",
            id="sealbook.E003",
        )
    if settings.GOVERNANCE_ISSUERS_MAY_BE_LOOPBACK:
        yield Error(
            "External issuers may be programs on this machine, asked in clear text.",
            hint="Leave SEALBOOK_ISSUERS_MAY_BE_LOOPBACK unset.",
            id="sealbook.E016",
        )


@_refuses
def check_transport() -> Iterator[Error]:
    """Refuse clear text on every way that leaves this machine."""
    if not settings.PUBLIC_URL.startswith("https://"):
        yield Error(
            "The public address is not https.",
            hint="Set SEALBOOK_PUBLIC_URL to the https address that people and services use.",
            id="sealbook.E004",
        )
    for alias, database in settings.DATABASES.items():
        mode = database.get("OPTIONS", {}).get("sslmode", "")
        if not is_loopback(str(database.get("HOST", ""))) and mode not in SAFE_SSL_MODES:
            yield Error(
                f"The connection {alias} to PostgreSQL may be clear text.",
                hint="Append ?sslmode=verify-full (at least require) to its URL.",
                id="sealbook.E005",
            )
    if not _redis_is_private(settings.REDIS_URL):
        yield Error(
            "The connection to Redis leaves this machine in clear text.",
            hint="Use a rediss:// address in REDIS_URL.",
            id="sealbook.E006",
        )


def _redis_is_private(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "rediss":
        return "ssl_cert_reqs=none" not in parts.query.lower()
    return parts.scheme == "unix" or is_loopback(parts.hostname or "")


@_refuses
def check_database_roles() -> Iterator[Error]:
    """Refuse a process that row-level security does not bind, or that could lift it."""
    if "default" not in connections:
        yield Error("No database is configured.", hint="Set DATABASE_URL.", id="sealbook.E007")
        return
    if "owner" in connections:
        yield Error(
            "This process knows the owner's connection, which can lift the walls between environments.",
            hint="Set DATABASE_MIGRATION_URL only where `manage.py migrate` runs.",
            id="sealbook.E008",
        )
    for alias in connections:
        if alias != "owner":
            yield from _check_connection(alias)


def _check_connection(alias: str) -> Iterator[Error]:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("select current_setting('server_version_num')::int")
            version = cursor.fetchone()[0]
            cursor.execute(TOO_POWERFUL)
            too_powerful = cursor.fetchone()[0]
    except DatabaseError:
        yield Error(
            f"The connection {alias} to PostgreSQL cannot be opened.",
            hint="See that the server runs and that the role and its password are right.",
            id="sealbook.E009",
        )
        return
    if version < OLDEST_POSTGRESQL:
        yield Error(
            f"PostgreSQL behind the connection {alias} is older than 15.", hint="Upgrade it.", id="sealbook.E010"
        )
    if too_powerful:
        yield Error(
            f"The role of the connection {alias} is a superuser, owns tables or passes row-level security.",
            hint="Connect as sealbook_app (or sealbook_auditor), which `sealbook bootstrap-database` makes.",
            id="sealbook.E011",
        )


@_refuses
def check_redis() -> Iterator[Error]:
    """Refuse a Redis that does not answer or is too old for the streams and locks in use."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2.0, socket_connect_timeout=2.0) as client:
            found = str(client.info("server").get("redis_version", "0"))
    except (redis.RedisError, OSError):
        yield Error(
            "Redis does not answer.", hint="See that the server of REDIS_URL runs and its password.", id="sealbook.E012"
        )
        return
    if tuple(int(part) for part in found.split(".")[:2]) < OLDEST_REDIS:
        yield Error("Redis is older than 6.2.", hint="Upgrade it, or use Valkey.", id="sealbook.E013")
