"""One worker's end of a service on Redis Streams: entries are taken, and committed by one script."""

from __future__ import annotations

import contextlib
import struct
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

import redis

from dataflow.deadletters.letters import packed
from dataflow.engines.frames import BREAK, LINES, PACKED, unpack
from dataflow.engines.protocol import Batch, Done, Entry, Message, Outcome
from dataflow.engines.redis_script import COMMIT, Telling
from dataflow.engines.redis_sent import Sent

if TYPE_CHECKING:
    from dataflow.engines.redis_streams import RedisStreams

IDLE_MILLISECONDS = 30_000
"""After so long without an acknowledgement an entry is given to another worker."""
LOOK_FOR_LEFT_SECONDS = 5.0
LONGEST_WAIT = 3_600.0
AT_ONCE_FRAMED = 20_000
"""Records of one batch where they come in frames."""
TRIES_TOGETHER, TRIES = 2, 5
"""How often an entry is given out among others, and how often at all before it goes to the dead letters."""
POISON = "its worker ended {} times while it worked on it"

Client: TypeAlias = Any
"""`redis.Redis` with `decode_responses=False`; its annotations allow for every setting at once."""

_LINES, _PACKED = LINES.encode(), PACKED.encode()


def entry_of(id_: bytes, fields: Sequence[bytes]) -> Entry:
    """Return an entry of a stream; `fields` are names and what they hold in turn."""
    first, data = fields[0], fields[1]
    if first == _LINES:
        return Entry(id_, data)
    if first == _PACKED:
        try:
            return Entry(id_, None, tuple(unpack(data)))
        except struct.error:  # nobody of ours wrote it: it is one record, of which its topic's type says what it is
            return Entry(id_, None, ((None, data),))
    key = None if len(fields) == 2 else dict(zip(fields[::2], fields[1::2], strict=True)).get(b"k")
    return Entry(id_, data) if key is None and BREAK not in data else Entry(id_, None, ((key, data),))


def addressee(fields: Sequence[bytes]) -> bytes | None:
    """Return for which workers alone a record is that was put back from the dead letters; None for all others."""
    return fields[3] if len(fields) > 2 and fields[2] == b"g" else None


def undressed(client: redis.Redis) -> Client:
    """Return a client on the same connections that gives answers as they come: one record is worth a microsecond."""
    bare = redis.Redis(connection_pool=client.connection_pool)
    bare.response_callbacks.clear()
    return bare


class RedisIntake:
    """One worker's end of a service; `streams` are the keys of its topics with their names."""

    def __init__(
        self,
        engine: RedisStreams,
        *,
        flow: str,
        service: str,
        group: str,
        streams: Mapping[str, str],
        worker: str,
        idle: int,
    ) -> None:
        self._client, self._engine, self._service, self._group = engine.client, engine, service, group
        self._bare = undressed(engine.client)
        self._dead, self._counts, self._streams = engine.dead(flow), engine.counts(flow), streams
        self._worker, self._idle, self._looked = worker, idle, 0.0
        self._commit = self._client.register_script(COMMIT)
        self._largest = max(map(engine.frame_of, streams.values()), default=0)
        self._asked: Sent | None = None
        self._here: deque[Batch] = deque()

    @property
    def is_ahead(self) -> bool:
        """Whether entries were asked for that nobody has taken yet."""
        return self._asked is not None or bool(self._here)

    def take(self, *, most: int, wait: float) -> Batch | None:
        """Return the next entries of one topic, those first that a worker before left unfinished."""
        asked, self._asked = self._asked, None
        if asked is not None:
            with contextlib.suppress(redis.ConnectionError, redis.TimeoutError):  # what was given then is left
                self._keep(asked.answer())
        if self._here:
            return self._here.popleft()
        left = self._left(self._most(most))
        if left is not None:
            return left
        block = max(1, int(min(wait, LONGEST_WAIT) * 1000))
        self._keep(self._bare.execute_command(*self._reading(most, "BLOCK", block)))
        return self._here.popleft() if self._here else None

    def look_ahead(self, *, most: int) -> None:
        """Ask for the next entries, unless it is time to look for what others left."""
        if not self.is_ahead and not self._is_time_to_look:
            self._asked = Sent(self._client, *self._reading(most))

    def commit(self, batch: Batch, outcomes: Sequence[Outcome]) -> int:
        """Write what became of each entry and acknowledge it; return how many records that was."""
        return self.committing(batch, outcomes)()

    def committing(self, batch: Batch, outcomes: Sequence[Outcome]) -> Callable[[], int]:
        """Send what became of each entry: one script writes and acknowledges it all."""
        telling = Telling(self._engine.frame_of, self._sealed)
        telling.add(batch, outcomes)
        arguments = telling.arguments(self._group, self._service)
        keys = [self._engine.stream(batch.topic), self._dead, self._counts, *map(self._engine.stream, telling.topics)]
        sent = Sent(self._client, "EVALSHA", self._commit.sha, len(keys), *keys, *arguments)

        def wait() -> int:
            try:
                return int(sent.answer())
            except (redis.exceptions.NoScriptError, redis.ConnectionError, redis.TimeoutError):
                return int(self._commit(keys=keys, args=arguments))  # what was done already, it does not do again

        return wait

    def _sealed(self, message: Message) -> bytes:
        return self._engine.conceal.seal(packed(message.key, message.value), place=self._dead.encode())

    def _most(self, most: int) -> int:
        return max(1, AT_ONCE_FRAMED // self._largest) if self._largest else most

    def _reading(self, most: int, *more: str | int) -> tuple[str | int, ...]:
        read = ("XREADGROUP", "GROUP", self._group, self._worker, "COUNT", self._most(most), *more, "STREAMS")
        return (*read, *self._streams, *([">"] * len(self._streams)))

    def _keep(self, found: Any) -> None:
        """Keep what was read: it can be entries of several topics."""
        found = found or ()
        for stream, entries in found.items() if isinstance(found, dict) else found:
            if entries:
                self._here.append(self._batch(stream.decode(), entries))

    @property
    def _is_time_to_look(self) -> bool:
        return monotonic() - self._looked >= LOOK_FOR_LEFT_SECONDS

    def _left(self, most: int) -> Batch | None:
        """Take over what others left; what ended its workers before is tried alone, and at last not any more."""
        if not self._is_time_to_look:
            return None
        for stream in self._streams:
            while waiting := self._client.xpending_range(
                stream, self._group, min="-", max="+", count=most, idle=self._idle
            ):
                together = [each["message_id"] for each in waiting if each["times_delivered"] < TRIES_TOGETHER]
                if together:
                    batch = self._claimed(stream, together)
                elif waiting[0]["times_delivered"] < TRIES:
                    batch = self._claimed(stream, [waiting[0]["message_id"]])
                else:
                    self._bury(stream, waiting[0]["message_id"])
                    continue
                if batch is not None:
                    return batch
        self._looked = monotonic()
        return None

    def _claimed(self, stream: str, ids: Sequence[bytes]) -> Batch | None:
        """Return those of the entries that nobody else was faster to take over."""
        found = self._bare.execute_command("XCLAIM", stream, self._group, self._worker, self._idle, *ids)
        entries = [each for each in found if each and each[1]]
        return self._batch(stream, entries) if entries else None

    def _bury(self, stream: str, id_: bytes) -> None:
        batch = self._claimed(stream, [id_])
        if batch is not None:
            lost = Done((), ((self._service, "failed"),), POISON.format(TRIES))
            self.commit(batch, [[lost] * len(each.messages()) for each in batch.entries])

    def _batch(self, stream: str, entries: Sequence[tuple[bytes, Sequence[bytes]]]) -> Batch:
        ours, others = [], []
        for id_, fields in entries:
            if len(fields) > 2 and addressee(fields) not in (None, self._group.encode()):
                others.append(id_)
            else:
                ours.append(entry_of(id_, fields))
        if others:
            self._client.xack(stream, self._group, *others)
        return Batch(self._streams[stream], ours)
