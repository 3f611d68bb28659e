"""A Redis-compatible server, a place in it of each test's own, and the key of its dead letters."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.redis_streams import RedisStreams


@pytest.fixture
def client() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client


@pytest.fixture
def engine(client: redis.Redis, tmp_path: Path) -> RedisStreams:
    return RedisStreams(client, environment=uuid4().hex, conceal=KeyFile(tmp_path / "flow.key"), idle=0)
