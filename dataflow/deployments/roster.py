"""What Redis knows of a deployment's workers: whose places they are, that they live, how fast they are.

Places are held for a while, so that any number of supervisors share a flow's workers and one that is gone is replaced.
Nothing here decides what is put out: an entry belongs to whoever acknowledges it, however many workers there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from dataflow.models.deployments import MOST_WORKERS

HELD_MILLISECONDS = 6_000
"""For how long a supervisor that does not come back keeps a worker's place."""
ALIVE_MILLISECONDS = 10_000
"""For how long a worker counts as alive that says nothing."""
SAID_SECONDS = 24 * 3600
LONGEST_WORDS = 2_000
_SUPERVISED = "flow:supervised"

HOLD = """
-- KEYS: place. ARGV: holder, milliseconds. Returns 1 where the holder has it now.
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
end
if held then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
LET_GO = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

Client: TypeAlias = Any
"""`redis.Redis` with `decode_responses=False`; its annotations allow for every setting at once."""


@dataclass(frozen=True, slots=True)
class Alive:
    """A worker that says it lives. `rates`: records a second by service, of its last seconds."""

    place: int
    rates: Mapping[str, float]


class Roster:
    """The workers of one flow of one environment."""

    def __init__(self, client: Client, *, environment_id: UUID, flow: str) -> None:
        self._client, self._tag, self._flow = client, f"flow:{{{environment_id}}}", flow
        self._hold, self._let_go = client.register_script(HOLD), client.register_script(LET_GO)

    @property
    def traces(self) -> list[str]:
        """The keys of which one is there as long as somebody works, or is about to."""
        return [self._key(kind, place) for kind in ("place", "worker") for place in range(MOST_WORKERS)]

    def hold(self, place: int, *, holder: str) -> bool:
        """Take or keep a worker's place; False where another supervisor has it."""
        return bool(self._hold(keys=[self._key("place", place)], args=[holder, HELD_MILLISECONDS]))

    def let_go(self, place: int, *, holder: str) -> None:
        """Give a place up, so that others need not wait for it."""
        self._let_go(keys=[self._key("place", place)], args=[holder])

    def beat(self, place: int, rates: Mapping[str, float]) -> None:
        """Say that the worker of a place lives."""
        key = self._key("worker", place)
        with self._client.pipeline(transaction=True) as pipeline:
            pipeline.delete(key)
            pipeline.hset(key, mapping={"": 1, **{service: f"{rate:.3f}" for service, rate in rates.items()}})
            pipeline.pexpire(key, ALIVE_MILLISECONDS)
            pipeline.execute()

    def leave(self, place: int) -> None:
        """Say that the worker of a place has ended."""
        self._client.delete(self._key("worker", place))

    def alive(self) -> list[Alive]:
        """Return the workers that have said that they live."""
        with self._client.pipeline(transaction=False) as pipeline:
            for place in range(MOST_WORKERS):
                pipeline.hgetall(self._key("worker", place))
            found = pipeline.execute()
        return [
            Alive(place, {name.decode(): float(rate) for name, rate in told.items() if name})
            for place, told in enumerate(found)
            if told
        ]

    def say(self, trouble: str) -> None:
        """Leave the last words of a worker: names of services and kinds of errors, never values."""
        self._client.set(f"{self._tag}:trouble:{self._flow}", trouble[:LONGEST_WORDS], ex=SAID_SECONDS)

    def said(self) -> str:
        """Return the last words that a worker left, once."""
        found = self._client.getdel(f"{self._tag}:trouble:{self._flow}")
        return found.decode() if found else ""

    def _key(self, kind: str, place: int) -> str:
        return f"{self._tag}:{kind}:{self._flow}:{place}"


def say_supervised(client: Client) -> None:
    """Say that somebody keeps deployments up."""
    client.set(_SUPERVISED, 1, px=HELD_MILLISECONDS)


def is_supervised(client: Client) -> bool:
    """Say whether somebody keeps deployments up."""
    return bool(client.exists(_SUPERVISED))
