"""Reading sources again: every service of a flow gets new groups of consumers, in one step, while nobody works.

What the group before had not read or not acknowledged is read in any case, so nothing is lost. Records that were put
back and not yet taken are for the group before; the new one takes those beyond where the old one stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import redis

from dataflow.engines.redis_kept import REVIVE

Client: TypeAlias = Any
"""`redis.Redis` with `decode_responses=False`; its annotations allow for every setting at once."""

BUSY, DONE, DONE_BEFORE = 0, 1, 2
WHERE_IT_STOOD = "18446744073709551615-18446744073709551615"
"""An id to begin behind: whoever stood before it, as everybody does, goes on from there."""

READ_AGAIN = (
    REVIVE
    + """
-- KEYS: readings, keys that must not exist, streams. ARGV: flow, reading, number of keys that must not exist; then for
-- each stream: group before, new group, id behind which reading begins.
local flow, reading, guards = ARGV[1], ARGV[2], tonumber(ARGV[3])
if redis.call('HGET', KEYS[1], flow) == reading then return 2 end
for i = 1, guards do
  if redis.call('EXISTS', KEYS[1 + i]) == 1 then return 0 end
end
local function parts(id)
  local ms, n = string.match(id, '(%d+)%-(%d+)')
  return tonumber(ms), tonumber(n)
end
local function is_before(a, b)
  local am, an = parts(a)
  local bm, bn = parts(b)
  return am < bm or (am == bm and an < bn)
end
local function right_before(id)
  local ms, n = parts(id)
  if n > 0 then return string.format('%.0f-%.0f', ms, n - 1) end
  if ms == 0 then return '0-0' end
  return string.format('%.0f-18446744073709551615', ms - 1)
end
for i = 0, (#KEYS - 2 - guards) do
  local stream, at = KEYS[2 + guards + i], 3 + 3 * i
  local before, group, start = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local stood = nil
  revive(stream, stream:match('^(.*):topic:') .. ':counts:')
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  if not groups.err then
    for _, each in ipairs(groups) do
      local told = {}
      for f = 1, #each, 2 do told[each[f]] = each[f + 1] end
      if told['name'] == before then
        stood = told['last-delivered-id']
        if told['pending'] > 0 then stood = right_before(redis.call('XPENDING', stream, before)[2]) end
      end
    end
  end
  if stood and is_before(stood, start) then start = stood end
  local is_there = redis.call('EXISTS', stream) == 1
  local newest = is_there and fields_of(redis.call('XINFO', 'STREAM', stream))['last-generated-id'] or '0-0'
  if is_before(newest, start) then start = newest end -- what is still to come has been read by nobody
  redis.pcall('XGROUP', 'CREATE', stream, group, start, 'MKSTREAM')
  if redis.call('HDEL', kept(stream), before) == 1 then
    redis.call('HSET', kept(stream), group, added(stream) - behind(stream, start))
  end
  redis.call('HDEL', KEYS[1], before .. '|' .. stream)
  redis.call('HSET', KEYS[1], group .. '|' .. stream, stood or '0-0')
  if stood then redis.call('XGROUP', 'DESTROY', stream, before) end
end
redis.call('HSET', KEYS[1], flow, reading)
return 1
"""
)


class Superseded(Exception):
    """Another reading of the sources has begun: whoever works on the one before ends."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """Which records that were put back are for a group: `stood` is up to where the reading before had read each topic.

    What was put back for the reading before and lies beyond is for this one: nobody had come to it.
    """

    group: bytes
    stood: Mapping[str, bytes]

    def has(self, stream: str, id_: bytes, group: bytes | None) -> bool:
        """Say whether a record is for the group; None is a record for everybody."""
        if group is None or group == self.group:
            return True
        stood = self.stood[stream]
        return bool(stood) and _service_of(group) == _service_of(self.group) and _parts(id_) > _parts(stood)


class Readings:
    """Which reading of its sources each flow of an environment is at; "" is the first one."""

    def __init__(self, client: Client, tag: str) -> None:
        self._client, self._key = client, f"{tag}:readings"

    def of(self, flow: str) -> str:
        """Return a flow's reading."""
        found = self._client.hget(self._key, flow)
        return found.decode() if found else ""

    def standing(self, flow: str, streams: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the services that stand in topics in this reading, whichever version they are of: stream, service."""
        former = self.of(flow)
        for stream in streams:
            names = set(self._client.hkeys(f"{stream}:kept"))
            with suppress(redis.ResponseError):  # it is gone as a whole, and begins anew with what is kept of it
                names |= {each["name"] for each in self._client.xinfo_groups(stream)}
            for name in sorted(names):
                base, _, reading = name.decode().partition("@")
                whose, _, service = base.rpartition(":")
                if (whose, reading) == (flow, former):
                    yield stream, service

    def addressed(self, group: str, streams: Iterable[str]) -> Addressed:
        """Return what knows which records that were put back are for a group."""
        stood = {stream: bytes(self._client.hget(self._key, f"{group}|{stream}") or b"") for stream in streams}
        return Addressed(group.encode(), stood)

    def begin(
        self,
        flow: str,
        reading: str,
        *,
        streams: Sequence[tuple[str, str, str]],
        start: str,
        guards: Sequence[str],
        others: Sequence[tuple[str, str, str]] = (),
    ) -> int:
        """Begin another reading of a flow's sources, unless somebody works on it.

        Args:
            streams: topics as keys, each with the group before and the new one.
            start: id behind which reading begins, such as `0-0`; earlier where something was not read yet, and never
                behind the newest entry that there is.
            guards: keys that exist while somebody works.
            others: the same as `streams` of services that read nothing again and go on where they stood.

        Returns:
            BUSY, DONE, or DONE_BEFORE.
        """
        keys = [self._key, *guards, *(stream for stream, _, _ in [*streams, *others])]
        told = [each for _, before, group in streams for each in (before, group, start)]
        told += [each for _, before, group in others for each in (before, group, WHERE_IT_STOOD)]
        begin = self._client.register_script(READ_AGAIN)
        return int(begin(keys=keys, args=[flow, reading, len(guards), *told]))


def group_named(flow: str, service: str, reading: str) -> str:
    """Return what the workers of a service are called together in a reading of its sources."""
    return f"{flow}:{service}@{reading}" if reading else f"{flow}:{service}"


def _service_of(group: bytes) -> bytes:
    return group.partition(b"@")[0]


def _parts(id_: bytes) -> tuple[int, int]:
    milliseconds, _, number = id_.partition(b"-")
    return int(milliseconds), int(number or 0)
