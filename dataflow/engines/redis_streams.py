"""Redis Streams: a message is acknowledged and its outputs are written by one script, so that each counts once.

`XACK` answers 1 to whoever acknowledges a message first; only then its outputs are written. A worker that was stopped,
lost its messages to another one, and wakes up again is told 0 for each of them and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from time import monotonic
from typing import Any

from dataflow.deadletters.concealing import Conceal, Unreadable
from dataflow.engines.frames import framed
from dataflow.engines.protocol import Message, Table
from dataflow.engines.redis_batches import UNMARKED, WRITE, Mark, laid_out
from dataflow.engines.redis_expiry import APPEND
from dataflow.engines.redis_intake import IDLE_MILLISECONDS, Client, RedisIntake
from dataflow.engines.redis_kept import BEGIN, DROP
from dataflow.engines.redis_letters import FLOWS, RedisLetters, tag_of
from dataflow.engines.redis_pages import FIRST, Page, page_of
from dataflow.engines.redis_reading import Readings, group_named
from dataflow.engines.redis_rows import RedisRows
from dataflow.engines.redis_sent import undressed
from dataflow.engines.redis_topics import Topics, addressee

PAGE = 1_000
LONGEST_BLOCK = 2.0
"""Seconds for which one command waits for records."""


class RedisStreams:
    """Topics of one environment in one Redis. All keys have the environment's hash tag: they lie on one node."""

    def __init__(
        self,
        client: Client,
        *,
        environment: str,
        conceal: Conceal,
        idle: int = IDLE_MILLISECONDS,
        frames: Mapping[str, int] | None = None,
        sealed: Mapping[str, int] | None = None,
    ) -> None:
        """Work in one environment.

        Args:
            idle: milliseconds after which an entry without an acknowledgement is given to another worker.
            frames: records of a frame by topic; where one is not named or has 0, each record is an entry.
            sealed: topics whose records lie sealed, never framed, each with the seconds after which they expire.
        """
        self.client, self._tag, self._idle, self.conceal = client, tag_of(environment), idle, conceal
        self.topics = Topics(self._tag, conceal, frames or {}, sealed or {})
        self._append, self._begin, self._drop = map(client.register_script, (APPEND, BEGIN, DROP))
        self._write = client.register_script(WRITE)
        self.unopened = 0
        self.readings = Readings(client, self._tag)

    def intake(self, flow: str, service: str, topics: Sequence[tuple[str, str]], worker: str) -> RedisIntake:
        """Return a worker's end; where reading begins is `0` or `$`, once and for all workers of the service."""
        group = self.prepare(flow, service, topics)
        streams = {self.stream(topic): topic for topic, _ in topics}
        return RedisIntake(
            self, flow=flow, service=service, group=group, streams=streams, worker=worker, idle=self._idle
        )

    def prepare(self, flow: str, service: str, topics: Sequence[tuple[str, str]]) -> str:
        """Have a service in its topics, so that it misses nothing from now on; return what its workers are called."""
        group = self.group(flow, service)
        self.client.sadd(f"{self._tag}:{FLOWS}", flow)
        for topic, beginning in topics:
            self.begin(topic, group, beginning)
        return group

    def begin(self, topic: str, group: str, start: str) -> None:
        """Have a group in a topic: from `start` on, or from the beginning where the topic was gone in between."""
        lasts = self.topics.lasts_of(topic)
        self._begin(keys=[self.stream(topic)], args=[group, start, lasts, self.counts("")])

    def produce(self, topic: str, records: Sequence[tuple[bytes | None, bytes]]) -> int:
        """Append records to a topic; return how many."""
        stream, frame = self.stream(topic), self.topics.frame_of(topic)
        if topic in self.topics.sealed:
            for first in range(0, len(records), PAGE):
                closed = [self.topics.closed(topic, *each) for each in records[first : first + PAGE]]
                self._append(keys=[stream], args=[self.topics.lasts_of(topic), self.counts(""), *closed])
            return len(records)
        with self.client.pipeline(transaction=False) as pipeline:
            if frame:
                for field, data in framed(records, frame):
                    pipeline.xadd(stream, {field: data})
            else:
                for key, value in records:
                    pipeline.xadd(stream, {"v": value} if key is None else {"v": value, "k": key})
            pipeline.persist(stream)  # it had an end as long as it was said to hold personal data
            pipeline.execute()
        return len(records)

    def write(self, topic: str, records: Sequence[tuple[bytes | None, bytes]], *, mark: Mark = UNMARKED) -> int:
        """Append up to `PAGE` records to a topic, all or none, and under a mark once; return what became of them."""
        keys = [self.stream(topic), f"{self._tag}:written:{mark.name}"]
        head = (self.topics.lasts_of(topic), self.counts(""), mark.says, mark.seconds * 1000)
        return int(self._write(keys=keys, args=[*head, *laid_out(self.topics, topic, records)]))

    def consume(self, topic: str, *, beginning: bool, wait: float | None) -> Iterator[Message]:
        """Yield a topic's records; after the last one wait so long for each more, or end where `wait` is None.

        What cannot be opened is passed over, and counted in `unopened`.
        """
        stream = self.stream(topic)
        last = b"0" if beginning else self._last(stream)
        bare = undressed(self.client)
        ends = _in(wait)
        while True:
            # In parts, each shorter than a connection waits for an answer.
            block = () if wait is None else ("BLOCK", max(1, int(1000 * min(LONGEST_BLOCK, ends - monotonic()))))
            found = bare.execute_command("XREAD", "COUNT", PAGE, *block, "STREAMS", stream, last)
            if not found:
                if wait is None or monotonic() >= ends:
                    return
                continue
            ends = _in(wait)
            for id_, fields in found[stream.encode()] if isinstance(found, dict) else found[0][1]:
                last = id_
                if addressee(fields) is None:
                    yield from self._messages(topic, id_, fields)

    def page(self, topic: str, *, after: str, most: int) -> Page:
        """Return some of a topic's records, the oldest first: those behind a cursor, or the last ones where it is "".

        What was put back for one service alone is not among them, nor what cannot be opened, which is counted.
        """
        entries = page_of(self.client, self.stream(topic), after=after, most=most)
        before, records = self.unopened, list[Message]()
        for id_, fields in entries:
            if addressee(fields) is None:
                records += self._messages(topic, id_, fields)
        return Page(records, entries[-1][0].decode() if entries else after or FIRST, self.unopened - before)

    def drop(self, topic: str) -> None:
        """Delete a topic with all that is in it; its services begin with what comes then."""
        self._drop(keys=[self.stream(topic)])

    def counters(self, flow: str) -> dict[str, dict[str, int]]:
        """Return a flow's counters with their fields."""
        told: dict[str, dict[str, int]] = {}
        for name, value in self.client.hgetall(self.counts(flow)).items():
            counter, _, field = name.decode().rpartition("#")
            told.setdefault(counter, {})[field] = int(value)
        return told

    def flows(self) -> list[str]:
        """Return the flows that have run here, by name."""
        return sorted(each.decode() for each in self.client.smembers(f"{self._tag}:{FLOWS}"))

    def rows(self, flow: str, table: Table) -> Iterator[tuple[str, Any]]:
        """Yield the keys of a state with their rows, in no order."""
        return RedisRows(self, flow).all(table)

    def row_count(self, flow: str, table: Table) -> int:
        """Return how many rows a state has, with those that are about to be swept."""
        return RedisRows(self, flow).count(table)

    def letters(self, flow: str) -> RedisLetters:
        """Return a flow's dead letters."""
        return RedisLetters(self, flow)

    def group(self, flow: str, service: str) -> str:
        """Return what the workers of a service are called together."""
        return group_named(flow, service, self.readings.of(flow))

    def stream(self, topic: str) -> str:
        return self.topics.stream(topic)

    def dead(self, flow: str) -> str:
        return f"{self._tag}:dead:{flow}"

    def counts(self, flow: str) -> str:
        return f"{self._tag}:counts:{flow}"

    def state(self, flow: str, service: str, name: str) -> str:
        return f"{self._tag}:state:{flow}:{service}:{name}"

    def _messages(self, topic: str, id_: bytes, fields: Sequence[bytes]) -> list[Message]:
        try:
            return self.topics.entry(topic, id_, fields).messages()
        except Unreadable:
            self.unopened += 1
            return []

    def _last(self, stream: str) -> bytes:
        found = self.client.xrevrange(stream, count=1)
        return bytes(found[0][0]) if found else b"0"


def _in(seconds: float | None) -> float:
    return monotonic() + (seconds or 0.0)
