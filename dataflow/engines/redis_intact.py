"""The short script for a batch of which every record goes the same way and every entry is its worker's still.

Most are, and then one number and one id tell it (`redis_readers`): entries are acknowledged all at once, and nothing is
asked of each. Where it is not so, this script does nothing and the long one (`redis_script`) asks for each entry.

The number alone would not do: readers are used again, and a command that was held up on its way, in a buffer or a
proxy, can arrive when its worker has long committed by the long script and its reader has as many entries of a later
answer.
The id tells answers apart. A group gives out each id once, so the first entry of a batch can only be its reader's while
the reader has entries of the answer that it came with; and a reader has entries of one answer at a time, which are this
topic's batch or what is left of it. So where the first one is there and the number is right, it is all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import redis

from dataflow.engines.frames import BREAK, LINES
from dataflow.engines.protocol import Batch, Outcome, Route, Whole
from dataflow.engines.redis_expiry import EXPIRE
from dataflow.engines.redis_readers import Readers
from dataflow.engines.redis_sent import Sent
from dataflow.engines.redis_topics import SEALED, Topics

if TYPE_CHECKING:
    from dataflow.engines.redis_streams import RedisStreams

INTACT = (
    EXPIRE
    + """
-- KEYS: source, counters, then topics.
-- ARGV: group, reader, id of its first entry, number of its entries, number of their records; beginning of the names of
-- counters; number of counters, these; for each topic its field, number of entries and milliseconds after which they
-- are taken out (0: never); then all these entries, topic by topic.
-- Returns the number of records, or -1 where the reader has not got all of its entries any more, and nothing is done.
local call, at, counts = redis.call, 7, ARGV[6]
local group, reader, first_id, entries, records = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local waiting = redis.pcall('XPENDING', KEYS[1], group)
local held = -1
for _, each in ipairs(not waiting.err and waiting[4] or {}) do
  if each[1] == reader then held = tonumber(each[2]) end
end
if held ~= tonumber(entries) then return -1 end
if #call('XPENDING', KEYS[1], group, first_id, first_id, 1, reader) == 0 then return -1 end
call('XGROUP', 'DELCONSUMER', KEYS[1], group, reader)
settled(KEYS[1], group, held)
for i = 1, tonumber(ARGV[at]) do call('HINCRBY', KEYS[2], ARGV[at + i], records) end
at = at + tonumber(ARGV[at])
local first = at + 3 * (#KEYS - 2)
for t = 3, #KEYS do
  local key, field, last, lasts = KEYS[t], ARGV[at + 1], first + tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  if lasts > 0 then revive(key, counts) end
  for i = first + 1, last do call('XADD', key, '*', field, ARGV[i]) end
  if lasts > 0 then expire(key, lasts, counts) else call('PERSIST', key) end
  at, first = at + 3, last
end
return tonumber(records)
"""
)


class ShortWay:
    """Commits batches by the short script, for one worker of a service."""

    def __init__(self, engine: RedisStreams, readers: Readers, *, group: str, counts: str) -> None:
        self._client, self._topics, self._readers = engine.client, engine.topics, readers
        self._group, self._counts, self._beginning = group, counts, engine.counts("")
        self._script = self._client.register_script(INTACT)

    def committing(
        self, batch: Batch, outcomes: Sequence[Outcome], *, otherwise: Callable[[], Callable[[], int]]
    ) -> Callable[[], int] | None:
        """Send what became of a batch; return what waits until that is done, None where it takes the long script.

        Args:
            otherwise: sends it by the long script, should the batch not be intact.
        """
        reader, route = self._readers.of(batch), _route_of(outcomes)
        if not reader or route is None:
            return None
        lines = [each.lines for each in outcomes if isinstance(each, Whole)]
        told = [self._group, reader, batch.entries[0].id, *_arguments(self._beginning, route, lines, self._topics)]
        keys = [self._topics.stream(batch.topic), self._counts, *map(self._topics.stream, route.topics)]
        sent = Sent(self._client, "EVALSHA", self._script.sha, len(keys), *keys, *told)

        answered: list[int] = []

        def answer() -> int:
            try:
                return int(sent.answer())
            except redis.exceptions.NoScriptError:
                return int(self._script(keys=keys, args=told))
            except (redis.ConnectionError, redis.TimeoutError):
                return -1  # what was done already, the long script does not do again

        def wait() -> int:
            if not answered:  # it is called again where the keys were away that the long script needs
                answered.append(answer())
            (done,) = answered
            if done < 0:
                return otherwise()()
            self._readers.done(batch)
            return done

        return wait


def _route_of(outcomes: Sequence[Outcome]) -> Route | None:
    """Return the one way that all entries of a batch go, None where it takes the long script."""
    wholes = [each for each in outcomes if isinstance(each, Whole)]
    if not wholes or len(wholes) < len(outcomes):
        return None
    route = wholes[0].route
    return route if [each.route for each in wholes].count(route) == len(wholes) else None


def _arguments(counts: str, route: Route, lines: Sequence[bytes], topics: Topics) -> list[bytes | str | int]:
    """Return what the script is told of a batch, whose entries have `lines` each."""
    joined = BREAK.join(lines)
    records = joined.count(BREAK) + 1
    apart = lines if records == len(lines) else joined.split(BREAK)
    put_out = [_put_out(topic, lines, apart, topics) for topic in route.topics]
    counters = [f"{name}#{field}" for name, field in route.counts]
    told: list[bytes | str | int] = [len(lines), records, counts, len(counters), *counters]
    for topic, (field, entries) in zip(route.topics, put_out, strict=True):
        told += (field, len(entries), topics.lasts_of(topic))
    for _, entries in put_out:
        told += entries
    return told


def _put_out(topic: str, lines: Sequence[bytes], apart: Sequence[bytes], topics: Topics) -> tuple[str, Sequence[bytes]]:
    """Return the field of a topic's entries, and these."""
    if topic in topics.sealed:
        return SEALED, [topics.closed(topic, None, each) for each in apart]
    frame = topics.frame_of(topic)
    return (LINES, list(_frames(lines, frame))) if frame else ("v", apart)


def _frames(lines: Sequence[bytes], frame: int) -> Iterator[bytes]:
    """Yield frames as the long script fills them."""
    held, records = list[bytes](), 0
    for each in lines:
        held.append(each)
        records += each.count(BREAK) + 1
        if records >= frame:
            yield BREAK.join(held)
            held, records = [], 0
    if held:
        yield BREAK.join(held)
