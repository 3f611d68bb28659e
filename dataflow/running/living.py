"""Which flows run in an environment, deployed or not: each process says so every few seconds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from threading import Thread
from typing import Any

import redis

from dataflow.engines.redis_letters import tag_of

LIVING_MILLISECONDS = 10_000
"""For so long a flow counts as running that says nothing."""
_PAUSE_SECONDS = 3.0


def say_living(client: Any, environment: str, flow: str) -> None:
    """Say that a flow runs. Where Redis does not answer, nobody can ask either."""
    with contextlib.suppress(redis.RedisError):
        client.set(_key(environment, flow), 1, px=LIVING_MILLISECONDS)


def join_living(client: Any, environment: str, flow: str, threads: Sequence[Thread]) -> None:
    """Wait until all threads of a flow have ended, and say meanwhile that it runs."""
    for each in threads:
        while each.is_alive():
            say_living(client, environment, flow)
            each.join(_PAUSE_SECONDS)


def living(client: Any, environment: str, flows: Iterable[str]) -> list[str]:
    """Return which of some flows run. Raises `redis.RedisError`."""
    return [flow for flow in flows if client.exists(_key(environment, flow))]


def _key(environment: str, flow: str) -> str:
    return f"{tag_of(environment)}:living:{flow}"
