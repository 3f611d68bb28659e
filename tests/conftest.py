"""Every test runs as the application's role, behind the walls, on a real PostgreSQL and a real Redis-compatible server.

The servers start when this file is imported: pytest-django reads the settings right after it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from hypothesis import settings as hypothesis

from tests.cluster import role_variable, start_cluster
from tests.emptying import disconnect, empty

CLUSTER = start_cluster()
if settings.configured:
    if CLUSTER:
        CLUSTER.stop()
    raise pytest.UsageError("Django's settings were read before the servers ran: unset DJANGO_SETTINGS_MODULE.")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

hypothesis.register_profile("quick", deadline=None, max_examples=60)
hypothesis.register_profile("nightly", deadline=None, max_examples=2000)
hypothesis.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

ALIASES = ["default", "owner", "auditor"]
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def pytest_configure() -> None:
    """Read the settings now: pytest-django, whose turn comes last, sets Django up only where somebody has."""
    assert settings.DATABASES
    settings.WHITENOISE_AUTOREFRESH = True  # else every test's client walks through all files of all apps
    PBKDF2PasswordHasher.iterations = 1000  # Django's million is most of a second for every password


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep the settings' name from workers: pytest-django would read them before this file gave a worker its Redis."""
    if getattr(session.config.option, "numprocesses", None):
        del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure(config: pytest.Config) -> None:
    if CLUSTER:
        CLUSTER.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name all three connections in every database test.

    pytest-django makes only the test databases that tests name, and `default` only mirrors the owner's: a run that
    named `default` alone would use the development database.
    """
    from django.test import TransactionTestCase

    TransactionTestCase.databases = set(ALIASES)
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())):
            wanted = {**(mark.kwargs if mark else {}), "databases": ALIASES}
            item.add_marker(pytest.mark.django_db(*(mark.args if mark else ()), **wanted), append=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    from django.core.management.commands import flush
    from django.db import connections

    flush.sql_flush = _flush_with_lifted_guards  # type: ignore[attr-defined]  # the name the command calls
    if "SEALBOOK_TEST_SUPERUSER_URL" in os.environ:
        flush.emit_post_migrate_signal = lambda *_: None  # type: ignore[attr-defined]  # what it makes was not emptied
    with django_db_blocker.unblock():
        for connection in connections.all():
            name = connection.settings_dict["NAME"]
            assert name.startswith("test_"), f"{connection.alias} points at {name}, which is no test database"
    yield
    disconnect()
    with django_db_blocker.unblock():
        for connection in connections.all(initialized_only=True):
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's; an open pool keeps DROP DATABASE out


def _flush_with_lifted_guards(style: Any, connection: Any, **options: Any) -> list[str]:
    """Empty the tables between tests, the book's too; only its owner, and so only a test, can lift its guards."""
    from django.core.management.sql import sql_flush

    if empty(connection):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "select tgrelid::regclass::text, quote_ident(tgname) from pg_trigger "
            "where tgparentid = 0 and tgfoid = to_regproc('audit_refuse')"
        )
        guards = cursor.fetchall()
    return [
        *(f"alter table {table} disable trigger {name}" for table, name in guards),
        *sql_flush(style, connection, **options),
        *(f"alter table {table} enable always trigger {name}" for table, name in guards),
    ]


@pytest.fixture(autouse=True)
def no_use_of_a_right_waits() -> Iterator[None]:
    """Forget what a test has decided outside of any call: the next test's answer would put it down, in its database."""
    yield
    from governance.using import forget_uses

    forget_uses()


@pytest.fixture
def role_url() -> Callable[[str], str]:
    """Return an address of the test database for a role by its short name: owner, app, sealer, auditor, backup.

    `superuser` sees through the walls. For connections of one's own in tests with `transaction=True`.
    """
    from django.db import connections

    def address(role: str) -> str:
        url = os.environ.get(role_variable(role))
        if not url:
            pytest.skip(f"the database in use has no known address for the role {role}")
        return urlunsplit(urlsplit(url)._replace(path=f"/{connections['default'].settings_dict['NAME']}"))

    return address


@pytest.fixture
def redis_away(settings: Any) -> Any:
    """Every new connection goes to a port where nobody listens."""
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": away}
    yield
    from django.core.cache import caches

    for alias in list(caches):
        caches[alias].close()


def pytest_collection_finish() -> None:
    """Keep the collector from what is there for good: thousands of tests with all that they import."""
    gc.collect()
    gc.freeze()
