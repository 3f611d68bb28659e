"""Servers that the environment names are used as they are, or refused with a sentence that shows no address."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from config.embedded import provision
from config.embedded.errors import LaunchError
from config.embedded.ports import free_port
from config.embedded.state import StateDirectory


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    return StateDirectory(tmp_path / "state")


def given(*names: str) -> dict[str, str]:
    return {name: os.environ[name] for name in names}


def test_given_databases_start_nothing(state: StateDirectory) -> None:
    environ = given("DATABASE_URL", "DATABASE_MIGRATION_URL")
    databases = provision.provide_databases(state, environ)
    assert databases.server is None
    assert (databases.app, databases.owner) == (environ["DATABASE_URL"], environ["DATABASE_MIGRATION_URL"])
    assert not (state.root / "postgres").exists()


def test_a_given_broker_starts_nothing(state: StateDirectory) -> None:
    broker = provision.provide_broker(state, given("REDIS_URL"))
    assert broker.server is None
    assert not (state.root / "valkey").exists()


def test_an_application_database_without_its_owner_is_refused(state: StateDirectory) -> None:
    with pytest.raises(LaunchError, match="DATABASE_URL is set and DATABASE_MIGRATION_URL is not"):
        provision.provide_databases(state, given("DATABASE_URL"))


@pytest.mark.parametrize("check", ["postgres", "redis"])
def test_a_server_that_is_too_old_is_refused(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision, "OLDEST_POSTGRES", 99)
    monkeypatch.setattr(provision, "OLDEST_REDIS", (99, 0))
    with pytest.raises(LaunchError, match="is too old"):
        if check == "postgres":
            provision.refuse_old_postgres(os.environ["DATABASE_URL"], variable="DATABASE_URL")
        else:
            provision.refuse_old_redis(os.environ["REDIS_URL"])


@pytest.mark.parametrize("scheme", ["postgresql", "redis"])
def test_a_server_that_does_not_answer_is_refused_without_showing_its_address(scheme: str) -> None:
    url = f"{scheme}://somebody:planted-secret@127.0.0.1:{free_port()}/0"
    with pytest.raises(LaunchError, match="cannot be reached") as refusal:
        if scheme == "postgresql":
            provision.refuse_old_postgres(url, variable="DATABASE_URL")
        else:
            provision.refuse_old_redis(url)
    assert "planted" not in str(refusal.value)
    assert refusal.value.__suppress_context__
