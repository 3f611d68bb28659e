"""Servers of a test's own, gone when it ends."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.embedded.identity import Identity, namespaced
from config.embedded.ports import free_port
from config.embedded.postgres import THROW_AWAY, PostgresServer, start_postgres

PASSWORD = "a-password-of-this-test"

StartServer = Callable[..., PostgresServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartServer]:
    """Return a function that starts PostgreSQL over `tmp_path/postgres`, again and again if need be."""
    started: list[PostgresServer] = []

    def one(*, data: Path | None = None, identity: Identity | None = None) -> PostgresServer:
        server = start_postgres(
            data=data or tmp_path / "postgres",
            log=tmp_path / "postgres.log",
            port=free_port(),
            password=PASSWORD,
            settings=THROW_AWAY,
            identity=identity,
        )
        started.append(server)
        return server

    yield one
    for server in started:
        server.stop()
        shutil.rmtree(server.data, ignore_errors=True)


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has to change its identity for PostgreSQL")


@pytest.fixture
def with_namespaces(as_root: None) -> None:
    if not namespaced():
        pytest.skip("this system forbids user namespaces")
