"""A batch that somebody writes: all of it or nothing, and where it carries a mark, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dataflow.engines.frames import Record
from dataflow.engines.redis_expiry import EXPIRE
from dataflow.engines.redis_topics import SEALED, Topics

WRITE = (
    EXPIRE
    + """
-- KEYS: a topic, the mark. ARGV: milliseconds after which entries are taken out (0: never), beginning of the names of
-- counters, what the mark says of the batch (empty: it carries none), milliseconds that the mark stays; then of each
-- record kind, key, value. Returns 1, or 0 where the batch was written before, or -1 where another one was.
local said = ARGV[3] ~= '' and redis.call('GET', KEYS[2])
if said then return said == ARGV[3] and 0 or -1 end
revive(KEYS[1], ARGV[2])
for at = 5, #ARGV, 3 do
  if ARGV[at] == 'k' then
    redis.call('XADD', KEYS[1], '*', 'v', ARGV[at + 2], 'k', ARGV[at + 1])
  else
    redis.call('XADD', KEYS[1], '*', ARGV[at], ARGV[at + 2])
  end
end
if ARGV[1] == '0' then
  redis.call('PERSIST', KEYS[1])
else
  expire(KEYS[1], tonumber(ARGV[1]), ARGV[2])
end
if ARGV[3] ~= '' then redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4]) end
return 1
"""
)
WRITTEN, BEFORE, OTHER = 1, 0, -1
"""What became of a batch: it is written, it was written before, or another one was written under its mark."""


class Mark(NamedTuple):
    """What a batch is known by when it is sent again, what that says of its records, and for how many seconds."""

    name: str
    says: str
    seconds: int


UNMARKED = Mark("", "", 0)


def laid_out(topics: Topics, topic: str, records: Sequence[Record]) -> Iterator[str | bytes]:
    """Yield kind, key and value of each record as they are to lie in a topic."""
    for key, value in records:
        if topic in topics.sealed:
            yield from (SEALED, b"", topics.closed(topic, key, value))
        else:
            yield from ("v", b"", value) if key is None else ("k", key, value)
