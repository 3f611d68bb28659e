"""`check --deploy` lets a safe deployment pass and names each unsafe setting."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from config import checks
from config.checks import is_loopback

REMOTE = {"HOST": "db.example.com", "OPTIONS": {"sslmode": "verify-full"}}


pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
"""No test here connects after overriding it: the checks only read the setting."""


@pytest.fixture
def safe(settings: Settings) -> Settings:
    settings.DEBUG = False
    settings.SECRET_KEY = "k" * 50
    settings.ALLOWED_HOSTS = ["sealbook.example.com"]
    settings.PUBLIC_URL = "https://sealbook.example.com"
    settings.DATABASES = {"default": copy.deepcopy(REMOTE)}
    settings.REDIS_URL = "rediss://cache.example.com/0"
    return settings


def ids(check: Any) -> list[str]:
    return [message.id for message in check(None)]


def test_a_safe_deployment_passes(safe: Settings) -> None:
    assert ids(checks.check_process) == ids(checks.check_transport) == []


@pytest.mark.parametrize(
    ("unsafe", "found"),
    [
        ({"DEBUG": True}, "sealbook.E001"),
        ({"SECRET_KEY": "short"}, "sealbook.E002"),
        ({"ALLOWED_HOSTS": ["sealbook.example.com", "*"]}, "sealbook.E003"),
        ({"GOVERNANCE_ISSUERS_MAY_BE_LOOPBACK": True}, "sealbook.E016"),
    ],
)
def test_an_unsafe_process_is_refused(safe: Settings, unsafe: Mapping[str, Any], found: str) -> None:
    for name, value in unsafe.items():
        setattr(safe, name, value)
    assert ids(checks.check_process) == [found]


@pytest.mark.parametrize(
    ("unsafe", "found"),
    [
        ({"PUBLIC_URL": "http://sealbook.example.com"}, "sealbook.E004"),
        ({"DATABASES": {"default": {"HOST": "db.example.com"}}}, "sealbook.E005"),
        ({"DATABASES": {"auditor": {"HOST": "10.0.0.5", "OPTIONS": {"sslmode": "prefer"}}}}, "sealbook.E005"),
        ({"REDIS_URL": "redis://cache.example.com/0"}, "sealbook.E006"),
        ({"REDIS_URL": "rediss://cache.example.com/0?ssl_cert_reqs=none"}, "sealbook.E006"),
    ],
)
def test_clear_text_beyond_this_machine_is_refused(safe: Settings, unsafe: Mapping[str, Any], found: str) -> None:
    for name, value in unsafe.items():
        setattr(safe, name, value)
    assert ids(checks.check_transport) == [found]


def test_clear_text_inside_this_machine_is_allowed(safe: Settings) -> None:
    safe.DATABASES = {"default": {"HOST": "127.0.0.1"}, "auditor": {"HOST": "/run/postgresql"}}
    for url in ("redis://localhost:6379/0", "redis://[::1]:6379/0", "unix:///run/redis.sock"):
        safe.REDIS_URL = url
        assert ids(checks.check_transport) == []


@pytest.mark.parametrize(
    ("networks", "found"),
    [
        ([], []),
        (["10.0.0.0/8", "fd00::/8"], []),
        (["10.0.0.1/8"], ["sealbook.E019"]),
        (["127.0.0.0/8"], ["sealbook.E020"]),
        (["0.0.0.0/0"], ["sealbook.E020"]),
        (["::/0"], ["sealbook.E020"]),
    ],
    ids=repr,
)
def test_webhooks_do_not_reach_this_machine(safe: Settings, networks: list[str], found: list[str]) -> None:
    safe.GOVERNANCE_WEBHOOK_NETWORKS = networks
    assert ids(checks.check_webhooks) == found


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]", "/run/postgresql"])
def test_loopback_is_recognised(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "localhost.example.com", "127.0.0.1.example.com", "::2", "db"])
def test_anything_else_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.django_db
def test_the_application_role_passes_and_the_owner_is_refused() -> None:
    assert list(checks._check_connection("default")) == []
    assert [error.id for error in checks._check_connection("owner")] == ["sealbook.E011"]


@pytest.mark.django_db
def test_a_process_that_knows_the_owner_is_refused() -> None:
    assert "owner" in connections
    assert ids(checks.check_database_roles) == ["sealbook.E008"]


def test_an_unreachable_or_old_redis_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ids(checks.check_redis) == []
    monkeypatch.setattr(checks, "OLDEST_REDIS", (99, 0))
    assert ids(checks.check_redis) == ["sealbook.E013"]
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert ids(checks.check_redis) == ["sealbook.E012"]


def test_no_message_shows_a_value(safe: Settings) -> None:
    safe.SECRET_KEY = "marker"
    safe.DATABASES = {"default": {"HOST": "marker.example.com", "PASSWORD": "marker"}}
    safe.REDIS_URL = "redis://:marker@marker.example.com/0"
    found = [*checks.check_process(None), *checks.check_transport(None)]
    assert len(found) == 3
    assert all("marker" not in f"{message.msg}{message.hint}" for message in found)
