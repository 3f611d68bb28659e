"""Dead letters on Redis Streams: what is put back is taken out of them by the same script."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dataflow.deadletters.letters import Letter, NoLetter, is_closed, unpacked, was_sealed
from dataflow.engines.redis_expiry import EXPIRE
from dataflow.engines.redis_topics import SEALED, Topics

if TYPE_CHECKING:
    from dataflow.engines.redis_streams import RedisStreams

COUNTER = "dead-letters"
"""The counter of those that were put back or dropped; no service can be called so."""
FLOWS = "flows"
"""The set of the flows that have run in an environment."""
PAGE = 500
IS_ID = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")

PUT_BACK = (
    EXPIRE
    + """
-- KEYS: dead letters, counters, then topics.
-- ARGV: number of topics, beginning of the names of counters, for each topic the milliseconds after which its entries
-- are taken out (0: never); then for each letter: id, topic, group, kind, key, value.
local done, topics = 0, tonumber(ARGV[1])
for at = 3 + topics, #ARGV, 6 do
  if redis.call('XDEL', KEYS[1], ARGV[at]) == 1 then
    done = done + 1
    local stream = KEYS[2 + tonumber(ARGV[at + 1])]
    revive(stream, ARGV[2])
    for _, group in ipairs(redis.call('HKEYS', kept(stream))) do -- it is for one alone, and the others pass over it
      if group ~= '' and base_of(group) ~= base_of(ARGV[at + 2]) then settled(stream, group, 1) end
    end
    if ARGV[at + 3] == 'k' then
      redis.call('XADD', stream, '*', 'v', ARGV[at + 5], 'g', ARGV[at + 2], 'k', ARGV[at + 4])
    else
      redis.call('XADD', stream, '*', ARGV[at + 3], ARGV[at + 5], 'g', ARGV[at + 2])
    end
  end
end
for t = 1, topics do
  local lasts = tonumber(ARGV[2 + t])
  if lasts > 0 then expire(KEYS[2 + t], lasts, ARGV[2]) end
end
if done > 0 then redis.call('HINCRBY', KEYS[2], 'dead-letters#replayed', done) end
return done
"""
)
ERASE = """
-- KEYS: dead letters, counters. ARGV: where to begin, how many to look at, ids of keys as 16 bytes each.
local found = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
local keys, gone = {}, {}
for at = 3, #ARGV do keys[ARGV[at]] = true end
for _, letter in ipairs(found) do
  local fields = letter[2]
  for at = 1, #fields, 2 do
    if fields[at] == 'v' and keys[string.sub(fields[at + 1], 2, 17)] then gone[#gone + 1] = letter[1] end
  end
end
if #gone > 0 then
  redis.call('XDEL', KEYS[1], unpack(gone))
  redis.call('HINCRBY', KEYS[2], 'dead-letters#erased', #gone)
end
return {#gone, #found > 0 and found[#found][1] or ''}
"""
DROP = """
-- KEYS: dead letters, counters. ARGV: ids.
local done = redis.call('XDEL', KEYS[1], unpack(ARGV))
if done > 0 then redis.call('HINCRBY', KEYS[2], 'dead-letters#dropped', done) end
return done
"""


def tag_of(environment: str) -> str:
    """Return what the names of all keys of an environment begin with."""
    return f"flow:{{{environment}}}"


def erase_letters(client: Any, environment: str, key_ids: Collection[UUID]) -> int:
    """Take out of all lists of an environment what destroyed keys had sealed; return how many that was."""
    tag, told = tag_of(environment), [each.bytes for each in key_ids]
    erase, erased = client.register_script(ERASE), 0
    for flow in client.smembers(f"{tag}:{FLOWS}"):
        after, keys = b"-", [f"{tag}:dead:{flow.decode()}", f"{tag}:counts:{flow.decode()}"]
        while after:
            gone, last = erase(keys=keys, args=[after, PAGE, *told])
            erased, after = erased + int(gone), last and b"(" + last
    return erased


class RedisLetters:
    """The dead letters of one flow."""

    def __init__(self, engine: RedisStreams, flow: str) -> None:
        self._engine, self._client, self._flow = engine, engine.client, flow
        self._key, self._counts = engine.dead(flow), engine.counts(flow)

    def all(self) -> Iterator[Letter]:
        """Yield them, the oldest first."""
        after = "-"
        while found := self._client.xrange(self._key, min=after, count=PAGE):
            for id_, fields in found:
                yield self._told(id_, fields)
            after = f"({found[-1][0].decode()}"

    def page(self, after: str, most: int) -> list[tuple[Letter, bytes]]:
        """Return the next letters behind one ("": from the beginning), each with its record sealed."""
        found = self._client.xrange(self._key, min=f"({after}" if after else "-", count=most)
        return [(self._told(*each), each[1][b"v"]) for each in found]

    def waiting(self) -> int:
        """Return how many there are."""
        return int(self._client.xlen(self._key))

    def opened(self, id_: str) -> tuple[Letter, bytes | None, bytes]:
        """Return one with its record. Raises `NoLetter`, `Unreadable`."""
        letter, record = self._read(id_)
        return letter, *unpacked(record)

    def unsealed(self, sealed: bytes) -> tuple[bytes | None, bytes]:
        """Return the key and the value of a record. Raises `Unreadable`."""
        return unpacked(self._engine.conceal.unseal(sealed, place=self._key.encode()))

    def replay(self, ids: Sequence[str]) -> int:
        """Put records back for the services that failed on them; return how many. Raises `Unreadable`."""
        put_back = self._client.register_script(PUT_BACK)
        done = 0
        for first in range(0, len(ids), PAGE):
            topics: dict[str, int] = {}
            told: list[bytes | str | int] = []
            kept = self._engine.topics
            for id_ in ids[first : first + PAGE]:
                try:
                    letter, record = self._read(id_)
                except NoLetter:
                    continue
                number = topics.setdefault(letter.topic, len(topics) + 1)
                group = self._engine.group(self._flow, letter.service)
                told += (id_, number, group, *_kind(kept, letter.topic, record))
            head = (len(topics), self._engine.counts(""), *map(kept.lasts_of, topics))
            done += int(put_back(keys=[self._key, self._counts, *map(kept.stream, topics)], args=[*head, *told]))
        return done

    def drop(self, ids: Sequence[str]) -> int:
        """Drop them for good; return how many that was."""
        drop, known = self._client.register_script(DROP), [each for each in ids if IS_ID.fullmatch(each)]
        pages = (known[first : first + PAGE] for first in range(0, len(known), PAGE))
        return sum(int(drop(keys=[self._key, self._counts], args=page)) for page in pages)

    def _read(self, id_: str) -> tuple[Letter, bytes]:
        letter, sealed = self.found(id_)
        return letter, self._engine.conceal.unseal(sealed, place=self._key.encode())

    def found(self, id_: str) -> tuple[Letter, bytes]:
        """Return one with its record sealed. Raises `NoLetter`."""
        found = self._client.xrange(self._key, min=id_, max=id_) if IS_ID.fullmatch(id_) else ()
        if not found:
            raise NoLetter
        return self._told(*found[0]), found[0][1][b"v"]

    def _told(self, id_: bytes, fields: Mapping[bytes, bytes]) -> Letter:
        topic = fields[b"s"].decode().removeprefix(self._engine.stream(""))
        at = datetime.fromtimestamp(int(id_.split(b"-")[0]) / 1000, UTC)
        service, record, why = (fields[name].decode() for name in (b"g", b"i", b"w"))
        return Letter(id_.decode(), topic, service, record, at, why)


def _kind(kept: Topics, topic: str, record: bytes) -> tuple[str, bytes, bytes]:
    """Return a record as it is put back: sealed where its topic is, and as it lay where nobody could open it."""
    key, value = unpacked(record)
    if is_closed(record):
        return SEALED, b"", value
    if topic in kept.sealed or was_sealed(record):
        return SEALED, b"", kept.closed(topic, key, value)
    return ("v", b"", value) if key is None else ("k", key, value)
