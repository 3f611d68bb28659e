"""The embedded Redis-compatible server."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded.ports import free_port
from config.embedded.processes import command_of
from config.embedded.valkey import ValkeyServer, start_valkey

PASSWORD = "a-password-of-this-test"


def launch(directory: Path) -> ValkeyServer:
    return start_valkey(
        directory=directory / "valkey", log=directory / "valkey.log", port=free_port(), password=PASSWORD
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ValkeyServer]:
    started = launch(tmp_path)
    yield started
    started.stop()


def test_it_asks_for_the_password(server: ValkeyServer) -> None:
    assert redis.Redis.from_url(server.url).ping()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0)).ping()


def test_the_password_is_in_a_private_file_and_not_on_the_command_line(server: ValkeyServer, tmp_path: Path) -> None:
    config = tmp_path / "valkey" / "valkey.conf"
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert PASSWORD in config.read_text()
    assert PASSWORD not in " ".join(command_of(server.process.pid))


def test_what_was_queued_survives_a_restart(server: ValkeyServer, tmp_path: Path) -> None:
    redis.Redis.from_url(server.url).set("kept", "7")
    server.stop()
    again = launch(tmp_path)
    try:
        assert redis.Redis.from_url(again.url).get("kept") == b"7"
    finally:
        again.stop()
