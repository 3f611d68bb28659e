"""One worker's end of a service on Redis Streams: entries are taken, and committed by one script."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

import redis

from dataflow.deadletters.concealing import Unreadable
from dataflow.deadletters.letters import packed_closed
from dataflow.engines.protocol import (
    Batch,
    Change,
    Done,
    Entry,
    Message,
    Outcome,
    Output,
    Overtaken,
    Row,
    Table,
    Whole,
)
from dataflow.engines.redis_expiry import AT_ONCE, TAKE_OUT, TRIM
from dataflow.engines.redis_intact import ShortWay
from dataflow.engines.redis_readers import Readers
from dataflow.engines.redis_reading import Superseded
from dataflow.engines.redis_renewal import Renewal
from dataflow.engines.redis_rows import RedisRows
from dataflow.engines.redis_script import COMMIT, Seal, Telling
from dataflow.engines.redis_sent import Sent, undressed
from dataflow.engines.redis_topics import addressee, singles

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
CLOSED = "it cannot be opened"

_GONE = ("NOGROUP", "UNBLOCKED")

Client: TypeAlias = Any
"""`redis.Redis` with `decode_responses=False`; its annotations allow for every setting at once."""
Entries: TypeAlias = Sequence[tuple[bytes, Sequence[bytes]]]
"""Ids, each with names of fields and what they hold in turn."""


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
        self._flow, self._addressed = flow, engine.readings.addressed(group, streams)
        self._bare = undressed(engine.client)
        self._dead, self._counts, self._streams = engine.dead(flow), engine.counts(flow), streams
        self._worker, self._idle, self._looked = worker, idle, 0.0
        self._commit, self._trim, self._take_out = map(self._client.register_script, (COMMIT, TRIM, TAKE_OUT))
        self._lasting = {stream: lasts for stream, topic in streams.items() if (lasts := engine.topics.lasts_of(topic))}
        self._largest = max(0, *map(engine.topics.frame_of, streams.values()))
        self._rows, self._readers = RedisRows(engine, flow), Readers(worker)
        self._short = ShortWay(engine, self._readers, group=group, counts=self._counts)
        self._renewal = Renewal(engine.client, group=group, streams=streams, idle=idle)
        self._asked: tuple[str, Sent] | None = None
        self._here: deque[tuple[str, Entries, str]] = deque()

    @property
    def is_ahead(self) -> bool:
        """Whether entries were asked for that nobody has taken yet."""
        return self._asked is not None or bool(self._here)

    def take(self, *, most: int, wait: float) -> Batch | None:
        """Return the next entries of one topic, those first that a worker before left unfinished.

        Raises `StoreAway`: they are sealed, and their key does not answer; they are the next ones still.
        """
        try:
            if not self._here:
                self._look(most, wait)
        except redis.ResponseError as error:
            if not str(error).startswith(_GONE):
                raise
            self._begin_anew()
        return self._next() if self._here else None

    def _look(self, most: int, wait: float) -> None:
        self._keep_asked()
        if not self._here:
            self._look_for_left(self._most(most))
        if not self._here:
            self._ask(most, "BLOCK", max(1, int(min(wait, LONGEST_WAIT) * 1000)))
            self._keep_asked()

    def _begin_anew(self) -> None:
        """Let the service read topics that expired whole, or that somebody dropped, from their beginning.

        Raises `Superseded` where another reading of the sources has begun meanwhile, which has groups of its own.
        """
        if self._engine.group(self._flow, self._service) != self._group:
            raise Superseded
        for topic in self._streams.values():
            self._engine.begin(topic, self._group, "0")

    def _next(self) -> Batch:
        batch = self._batch(*self._here[0])
        self._here.popleft()
        return batch

    def look_ahead(self, *, most: int) -> None:
        """Ask for the next entries, unless it is time to look for what others left."""
        if not self.is_ahead and not self._is_time_to_look:
            self._ask(most)

    def renew(self) -> None:
        """Keep what this worker was given, and what it asked for, although that takes long."""
        asked = self._asked
        self._renewal.renew([self._worker, *self._readers.with_entries, *(asked[:1] if asked else ())])

    def commit(self, batch: Batch, outcomes: Sequence[Outcome]) -> int:
        """Write what became of each entry and acknowledge it; return how many records that was."""
        return self.committing(batch, outcomes)()

    def rows(self, table: Table, keys: Sequence[str]) -> list[Row]:
        """Return the rows of some keys as they are committed."""
        return self._rows.fetch(table, keys)

    def refuses(self, output: Output) -> str:  # noqa: ARG002  the protocol's
        """Return nothing: a topic takes every record."""
        return ""

    def committing(
        self, batch: Batch, outcomes: Sequence[Outcome], changes: Sequence[Change] = ()
    ) -> Callable[[], int]:
        """Send what became of each entry: one script writes and acknowledges it all."""

        def by_the_long_script() -> Callable[[], int]:
            sealed = self._sealed_letters(batch, outcomes)
            return self._committing(batch, outcomes, lambda message: sealed[message.id], changes)

        short = None if changes else self._short.committing(batch, outcomes, otherwise=by_the_long_script)
        return short or by_the_long_script()

    def _committing(
        self, batch: Batch, outcomes: Sequence[Outcome], seal: Seal, changes: Sequence[Change] = ()
    ) -> Callable[[], int]:
        telling = Telling(self._engine.topics, seal)
        telling.add(batch, outcomes)
        rows, told = self._rows.told(changes, [each.id for each in batch.entries]) if changes else ([], [0])
        arguments = telling.arguments(self._group, self._service, self._engine.counts(""), told)
        topics = map(self._engine.stream, telling.topics)
        keys = [self._engine.stream(batch.topic), self._dead, self._counts, *topics, *rows]
        sent = Sent(self._client, "EVALSHA", self._commit.sha, len(keys), *keys, *arguments)

        def wait() -> int:
            try:
                answer = sent.answer()
            except (redis.exceptions.NoScriptError, redis.ConnectionError, redis.TimeoutError):
                answer = self._commit(keys=keys, args=arguments)  # what was done already, it does not do again
            if isinstance(answer, list):
                left = set(answer)
                others = Batch(batch.topic, [each for each in batch.entries if each.id in left])
                self._readers.shrunk(batch, others)
                raise Overtaken(others)
            self._readers.done(batch)
            return int(answer)

        return wait

    def _sealed_letters(self, batch: Batch, outcomes: Sequence[Outcome]) -> dict[str, bytes]:
        """Return what failed, sealed, by the records' ids: all of a batch at once, since keys are looked up for it."""
        lost: list[Message] = []
        for entry, outcome in zip(batch.entries, outcomes, strict=True):
            if not isinstance(outcome, Whole) and any(done.failure for done in outcome):
                lost += (m for m, done in zip(entry.messages(), outcome, strict=True) if done.failure)
        if not lost:
            return {}
        records, is_sealed = [(each.key, each.value) for each in lost], batch.topic in self._engine.topics.sealed
        sealed = self._engine.conceal.seal_letters(records, place=self._dead.encode(), are_sealed=is_sealed)
        return {each.id: told for each, told in zip(lost, sealed, strict=True)}

    def _sealed_closed(self, message: Message) -> bytes:
        return self._engine.conceal.seal(packed_closed(message.value), place=self._dead.encode())

    def _most(self, most: int) -> int:
        return max(1, AT_ONCE_FRAMED // self._largest) if self._largest else most

    def _ask(self, most: int, *more: str | int) -> None:
        """Send for entries: without trying twice, since an answer that got lost may have had some."""
        reader = self._readers.next()
        read = ("XREADGROUP", "GROUP", self._group, reader, "COUNT", self._most(most), *more, "STREAMS")
        self._asked = reader, Sent(self._client, *read, *self._streams, *([">"] * len(self._streams)))

    def _keep_asked(self) -> None:
        """Keep what was read: it can be entries of several topics. What got lost is left to whoever comes."""
        asked, self._asked = self._asked, None
        if asked is None:
            return
        reader, sent = asked
        try:
            found = sent.answer() or ()
        except (redis.ConnectionError, redis.TimeoutError):
            self._client.ping()
            return
        entries = [each for each in (found.items() if isinstance(found, dict) else found) if each[1]]
        self._readers.answered(reader, len(entries))
        self._here += [(stream.decode(), some, reader) for stream, some in entries]

    @property
    def _is_time_to_look(self) -> bool:
        return monotonic() - self._looked >= LOOK_FOR_LEFT_SECONDS

    def _look_for_left(self, most: int) -> None:
        """Take over what others left; what ended its workers before is tried alone, and at last not any more."""
        if not self._is_time_to_look:
            return
        for stream in self._streams:
            self._expire(stream)
            while waiting := self._client.xpending_range(
                stream, self._group, min="-", max="+", count=most, idle=self._idle
            ):
                if self._gone(stream, [each["message_id"] for each in waiting]):
                    continue
                together = [each["message_id"] for each in waiting if each["times_delivered"] < TRIES_TOGETHER]
                self._claim(stream, together or [waiting[0]["message_id"]])
                if not together and waiting[0]["times_delivered"] >= TRIES:
                    self._bury()
                if self._here:
                    return
        self._looked = monotonic()

    def _expire(self, stream: str) -> None:
        """Take out of a topic what is too old, so that it goes although nobody writes to it any more."""
        if stream in self._lasting:
            asked = {"keys": [stream], "args": [self._lasting[stream], self._engine.counts("")]}
            while int(self._trim(**asked)) >= AT_ONCE:
                pass

    def _gone(self, stream: str, ids: Sequence[bytes]) -> int:
        """Give up what its worker left behind and what expired since; return how many that is."""
        return int(self._take_out(keys=[stream, self._counts], args=[self._group, self._service, *ids]))

    def _claim(self, stream: str, ids: Sequence[bytes]) -> None:
        """Take over those of the entries that nobody else was faster to take."""
        found = self._bare.execute_command("XCLAIM", stream, self._group, self._worker, self._idle, *ids)
        entries = [each for each in found if each and each[1]]
        if entries:
            self._here.append((stream, entries, ""))

    def _bury(self) -> None:
        if self._here:
            batch = self._next()
            lost = Done((), ((self._service, "failed"),), POISON.format(TRIES))
            self.commit(batch, [[lost] * len(each.messages()) for each in batch.entries])

    def _batch(self, stream: str, entries: Entries, reader: str) -> Batch:
        topic, ours = self._streams[stream], singles(entries)
        batch = Batch(topic, self._closely(stream, topic, entries) if ours is None else ours)
        self._readers.gave(reader, batch)
        return batch

    def _closely(self, stream: str, topic: str, entries: Entries) -> list[Entry]:
        """Return those entries that are this service's and can be opened; what becomes of the others is committed."""
        ours, others, closed = list[Entry](), list[bytes](), list[Entry]()
        for id_, fields in entries:
            if len(fields) > 2 and not self._addressed.has(stream, id_, addressee(fields)):
                others.append(id_)
                continue
            try:
                ours.append(self._engine.topics.entry(topic, id_, fields))
            except Unreadable:
                closed.append(Entry(id_, None, ((None, fields[1]),)))
        if others:
            self._client.xack(stream, self._group, *others)
        if closed:
            lost = Done((), ((self._service, "failed"),), CLOSED)
            self._committing(Batch(topic, closed), [[lost]] * len(closed), self._sealed_closed)()
        return ours
