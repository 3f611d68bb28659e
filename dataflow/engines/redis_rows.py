"""Rows of states on Redis: a hash for each state, a field for each key; the script of commits compares, then writes.

A row lies there with the time of its last change, in milliseconds. What is older than the state's time to live is no
row any more, and is swept by the commits that come after; the whole hash expires where none comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from dataflow.engines.envelopes import Envelopes
from dataflow.engines.protocol import Change, Row, Table

if TYPE_CHECKING:
    from dataflow.engines.redis_streams import RedisStreams

ROWS = """
-- KEYS, behind those of topics: for each state its rows, and when they were changed.
-- ARGV: number of states, and where there are any: the milliseconds that rows of each are there; number of rows that
-- were looked up, each: state, field, what it was; number of entries and their ids; number of rows that change, each:
-- state, field, what it becomes ('': nothing).
local states = number()
if states > 0 then
  local base, live, lost, left = 3 + #frames, {}, false, {}
  for s = 1, states do live[s] = number() end
  for r = 1, number() do
    local s, field, was = number(), arg(), arg()
    if (call('HGET', KEYS[base + 2 * s - 1], field) or '') ~= was then lost = true end
  end
  for e = 1, number() do
    local id = arg()
    local waits = redis.pcall('XPENDING', source, group, id, id, 1)  -- the whole topic may be gone
    if not waits.err and #waits == 1 then
      left[#left + 1] = id
    else
      lost = true
    end
  end
  if lost then return left end
  local clock = call('TIME')
  local now = string.format('%.0f', tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000))
  local changed = number()
  for r = 1, changed do
    local s, field, body = number(), arg(), arg()
    local rows, touched = KEYS[base + 2 * s - 1], KEYS[base + 2 * s]
    if body == '' then
      call('HDEL', rows, field)
      call('ZREM', touched, field)
    else
      call('HSET', rows, field, now .. ':' .. body)
      if live[s] > 0 then call('ZADD', touched, now, field) end
    end
  end
  for s = 1, states do
    if live[s] > 0 then
      local rows, touched = KEYS[base + 2 * s - 1], KEYS[base + 2 * s]
      local last, most = string.format('%.0f', now - live[s]), 200 + 2 * changed  -- more go than come
      local gone = call('ZRANGEBYSCORE', touched, '-inf', last, 'LIMIT', 0, most)
      for first = 1, #gone, 1000 do
        local upto = math.min(first + 999, #gone)
        call('HDEL', rows, unpack(gone, first, upto))
        call('ZREM', touched, unpack(gone, first, upto))
      end
      call('PEXPIRE', rows, live[s])
      call('PEXPIRE', touched, live[s])
    else
      call('PERSIST', KEYS[base + 2 * s - 1])
    end
  end
end
"""
"""A piece of the script of commits, which ends here where a row is not what it was, or an entry does not wait."""
_BETWEEN = b":"
_PAGE = 1_000


class RedisRows:
    """The rows of one flow."""

    def __init__(self, engine: RedisStreams, flow: str) -> None:
        self._engine, self._client, self._flow = engine, engine.client, flow
        self._envelopes = Envelopes(engine.conceal)
        self._blinding: dict[Table, bytes] = {}

    def fetch(self, table: Table, keys: Sequence[str]) -> list[Row]:
        """Return the rows of some keys."""
        if not keys:
            return []
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.time()
            pipeline.hmget(self.place(table), [self._field(table, key) for key in keys])
            (seconds, micro), found = pipeline.execute()
        now = seconds * 1000 + micro // 1000
        return [self._row(table, self._field(table, key), each, now) for key, each in zip(keys, found, strict=True)]

    def all(self, table: Table) -> Iterator[tuple[str, Any]]:
        """Yield all rows with their keys."""
        seconds, micro = self._client.time()
        now = seconds * 1000 + micro // 1000
        for field, stored in self._client.hscan_iter(self.place(table), count=_PAGE):
            body = self._live(table, stored, now)
            if body is not None:
                yield self._opened(table, field, body)

    def count(self, table: Table) -> int:
        """Return how many rows lie there, with those whose time is over and that nobody has swept yet."""
        return int(self._client.hlen(self.place(table)))

    def told(self, changes: Sequence[Change], ids: Sequence[bytes]) -> tuple[list[str], list[bytes | str | int]]:
        """Return the keys and arguments by which the script of commits knows of changes and of what they rest on."""
        tables = list(dict.fromkeys(each.table for each in changes))
        checks: list[bytes | str | int] = [len(changes)]
        writes: list[bytes | str | int] = [sum(each.is_changed for each in changes)]
        for each in changes:
            number, field = tables.index(each.table) + 1, self._field(each.table, each.key)
            checks += (number, field, each.was.version)
            if each.is_changed:
                writes += (number, field, b"" if each.value is None else self._closed(each, field))
        head: list[bytes | str | int] = [len(tables), *(each.ttl for each in tables)]
        places = [key for each in tables for key in (self.place(each), self.place(each) + ":touched")]
        return places, [*head, *checks, len(ids), *ids, *writes]

    def place(self, table: Table) -> str:
        """Return the key of a state's hash."""
        return self._engine.state(self._flow, table.service, table.name) + (":sealed" if table.concealed else "")

    def _row(self, table: Table, field: bytes, stored: bytes | None, now: int) -> Row:
        if stored is None:
            return Row(None)
        body = self._live(table, stored, now)
        return Row(None if body is None else self._opened(table, field, body)[1], stored)

    def _live(self, table: Table, stored: bytes, now: int) -> bytes | None:
        touched, _, body = stored.partition(_BETWEEN)
        return None if table.ttl and int(touched) + table.ttl <= now else body

    def _field(self, table: Table, key: str) -> bytes:
        if not table.concealed:
            return key.encode()
        if table not in self._blinding:
            self._blinding[table] = self._engine.conceal.key_for("state keys")
        told = f"{self.place(table)}|{key}".encode()
        return blake2b(told, key=self._blinding[table], digest_size=16).hexdigest().encode()

    def _closed(self, change: Change, field: bytes) -> bytes:
        if not change.table.concealed:
            return orjson.dumps(change.value)
        body = orjson.dumps([change.key, change.value])
        return self._envelopes.seal(body, self._seal_place(change.table, field))

    def _opened(self, table: Table, field: bytes, body: bytes) -> tuple[str, Any]:
        if not table.concealed:
            return field.decode(), orjson.loads(body)
        key, value = orjson.loads(self._envelopes.unseal(body, self._seal_place(table, field)))
        return key, value

    def _seal_place(self, table: Table, field: bytes) -> bytes:
        return self.place(table).encode() + b"|" + field
