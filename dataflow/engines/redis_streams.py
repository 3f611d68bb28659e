"""Redis Streams: a message is acknowledged and its outputs are written by one script, so that each counts once.

`XACK` answers 1 to whoever acknowledges a message first; only then its outputs are written. A worker that was stopped,
lost its messages to another one, and wakes up again is told 0 for each of them and writes nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any, TypeAlias

import redis

from dataflow.deadletters.concealing import Conceal
from dataflow.engines.protocol import Batch, Done, Message

Client: TypeAlias = Any
"""`redis.Redis` with `decode_responses=False`; its annotations allow for every setting at once."""

IDLE_MILLISECONDS = 30_000
"""After so long without an acknowledgement a message is given to another worker."""
LOOK_FOR_LEFT_SECONDS = 5.0
PAGE = 1_000
LONGEST_WAIT = 3_600.0

COMMIT = """
-- KEYS: source, dead letters, counters, then topics. ARGV: group, number of messages, number of patterns of counters,
-- each pattern as its number of counters and their names; then each message: id, pattern, failure, the message sealed,
-- number of outputs, and these: topic, has a key, key, value.
local group, messages, patterns, at = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), 4
local names, times = {}, {}
for p = 1, patterns do
  local list, n = {}, tonumber(ARGV[at])
  for i = 1, n do list[i] = ARGV[at + i] end
  names[p], times[p], at = list, 0, at + n + 1
end
local done = 0
for m = 1, messages do
  local id, pattern, failure, outputs = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], tonumber(ARGV[at + 4])
  if redis.call('XACK', KEYS[1], group, id) == 1 then
    done = done + 1
    times[pattern] = times[pattern] + 1
    if failure ~= '' then
      redis.call('XADD', KEYS[2], '*', 's', KEYS[1], 'i', id, 'w', failure, 'v', ARGV[at + 3])
    end
    for o = 0, outputs - 1 do
      local b = at + 5 + o * 4
      if ARGV[b + 1] == '1' then
        redis.call('XADD', KEYS[3 + tonumber(ARGV[b])], '*', 'v', ARGV[b + 3], 'k', ARGV[b + 2])
      else
        redis.call('XADD', KEYS[3 + tonumber(ARGV[b])], '*', 'v', ARGV[b + 3])
      end
    end
  end
  at = at + 5 + outputs * 4
end
for p = 1, patterns do
  if times[p] > 0 then
    for _, name in ipairs(names[p]) do redis.call('HINCRBY', KEYS[3], name, times[p]) end
  end
end
return done
"""


class RedisStreams:
    """Topics of one environment in one Redis. All keys have the environment's hash tag: they lie on one node."""

    def __init__(self, client: Client, *, environment: str, conceal: Conceal, idle: int = IDLE_MILLISECONDS) -> None:
        self._client, self._tag, self._idle = client, f"flow:{{{environment}}}", idle
        self.conceal = conceal

    def intake(self, flow: str, service: str, topics: Sequence[tuple[str, str]], worker: str) -> RedisIntake:
        """Return a worker's end; where reading begins is `0` or `$`, once and for all workers of the service."""
        group = f"{flow}:{service}"
        for topic, start in topics:
            with contextlib.suppress(redis.ResponseError):  # it is there
                self._client.xgroup_create(self.stream(topic), group, id=start, mkstream=True)
        names = [topic for topic, _ in topics]
        return RedisIntake(self._client, self, flow=flow, group=group, topics=names, worker=worker, idle=self._idle)

    def produce(self, topic: str, records: Sequence[tuple[bytes | None, bytes]]) -> int:
        """Append records to a topic; return how many."""
        with self._client.pipeline(transaction=False) as pipeline:
            for key, value in records:
                pipeline.xadd(self.stream(topic), {"v": value} if key is None else {"v": value, "k": key})
            return len(pipeline.execute())

    def consume(self, topic: str, *, beginning: bool, wait: float | None) -> Iterator[Message]:
        """Yield a topic's records; after the last one wait so long for each more, or end where `wait` is None."""
        stream = self.stream(topic)
        last = b"0" if beginning else self._last(stream)
        while True:
            block = None if wait is None else max(1, int(wait * 1000))
            found = self._client.xread({stream: last}, count=PAGE, block=block)
            if not found:
                return
            for id_, fields in found[0][1]:
                last = id_
                yield Message(id_.decode(), fields.get(b"k"), fields[b"v"])

    def counters(self, flow: str) -> dict[str, dict[str, int]]:
        """Return a flow's counters with their fields."""
        told: dict[str, dict[str, int]] = {}
        for name, value in self._client.hgetall(self.counts(flow)).items():
            counter, _, field = name.decode().rpartition("#")
            told.setdefault(counter, {})[field] = int(value)
        return told

    def stream(self, topic: str) -> str:
        return f"{self._tag}:topic:{topic}"

    def dead(self, flow: str) -> str:
        return f"{self._tag}:dead:{flow}"

    def counts(self, flow: str) -> str:
        return f"{self._tag}:counts:{flow}"

    def _last(self, stream: str) -> bytes:
        found = self._client.xrevrange(stream, count=1)
        return bytes(found[0][0]) if found else b"0"


class RedisIntake:
    """One worker's end of a service."""

    def __init__(
        self,
        client: redis.Redis,
        engine: RedisStreams,
        *,
        flow: str,
        group: str,
        topics: list[str],
        worker: str,
        idle: int,
    ) -> None:
        self._client, self._engine, self._flow, self._group = client, engine, flow, group
        self._streams = {engine.stream(topic): topic for topic in topics}
        self._worker, self._idle, self._looked = worker, idle, 0.0
        self._commit = client.register_script(COMMIT)

    def take(self, *, most: int, wait: float) -> Batch | None:
        """Return the next messages of one topic, those first that a worker before left unfinished."""
        left = self._left(most)
        if left is not None:
            return left
        streams: dict[Any, Any] = dict.fromkeys(self._streams, ">")
        block = max(1, int(min(wait, LONGEST_WAIT) * 1000))
        found: Any = self._client.xreadgroup(self._group, self._worker, streams, count=most, block=block)
        for stream, entries in found or ():
            if entries:
                return self._batch(stream.decode(), entries)
        return None

    def commit(self, batch: Batch, done: Sequence[Done]) -> int:
        """Write what became of each message and acknowledge it, all in one script."""
        keys = [self._engine.stream(batch.topic), self._engine.dead(self._flow), self._engine.counts(self._flow)]
        topics: dict[str, int] = {}
        patterns: dict[tuple[tuple[str, str], ...], int] = {}
        told: list[bytes | str | int] = []
        for message, each in zip(batch.messages, done, strict=True):
            pattern = patterns.setdefault(each.counts, len(patterns) + 1)
            told += (message.id, pattern, each.failure, self._lost(message, keys[1]) if each.failure else b"")
            told.append(len(each.outputs))
            for topic, key, value in each.outputs:
                told += (topics.setdefault(topic, len(topics) + 1), 0 if key is None else 1, key or b"", value)
        head: list[bytes | str | int] = [self._group, len(done), len(patterns)]
        for counts in patterns:
            head += (len(counts), *(f"{name}#{field}" for name, field in counts))
        return int(self._commit(keys=[*keys, *map(self._engine.stream, topics)], args=head + told))

    def _lost(self, message: Message, place: str) -> bytes:
        key = b"" if message.key is None else message.key
        head = (b"\x00" if message.key is None else b"\x01") + len(key).to_bytes(4, "big")
        return self._engine.conceal.seal(head + key + message.value, place=place.encode())

    def _left(self, most: int) -> Batch | None:
        if monotonic() - self._looked < LOOK_FOR_LEFT_SECONDS:
            return None
        for stream in self._streams:
            found = self._client.xautoclaim(stream, self._group, self._worker, min_idle_time=self._idle, count=most)
            entries = [each for each in found[1] if each[1]]
            if entries:
                return self._batch(stream, entries)
        self._looked = monotonic()
        return None

    def _batch(self, stream: str, entries: Sequence[tuple[bytes, dict[bytes, bytes]]]) -> Batch:
        messages = [Message(id_.decode(), fields.get(b"k"), fields[b"v"]) for id_, fields in entries]
        return Batch(self._streams[stream], messages)
