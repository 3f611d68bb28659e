"""Saying that a worker lives that waits, or that takes long: what it was given stays its own, and counts no try."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable
from math import inf
from time import monotonic
from typing import Any

import redis

RENEW = """
-- KEYS: topic. ARGV: group, readers. What somebody else has taken over is theirs; what is gone from the topic stays
-- as it is, and is given up by whoever looks for what others left.
local stream, group = KEYS[1], ARGV[1]
for at = 2, #ARGV do
  local waiting = redis.pcall('XPENDING', stream, group, '-', '+', 100000, ARGV[at])
  for _, each in ipairs(waiting.err and {} or waiting) do
    if #redis.call('XRANGE', stream, each[1], each[1]) == 1 then
      redis.call('XCLAIM', stream, group, ARGV[at], 0, each[1], 'JUSTID') -- without a further delivery
    end
  end
end
"""
TIMES = 3
"""How often within the time after which others would take entries over."""


class Renewal:
    """Renews what readers of one group have, from any thread. `idle`: milliseconds after which others would take it."""

    def __init__(self, client: Any, *, group: str, streams: Collection[str], idle: int) -> None:
        self._group, self._streams, self._pause, self._last = group, streams, idle / 1000 / TIMES, -inf
        self._script = client.register_script(RENEW)

    def renew(self, readers: Iterable[str]) -> None:
        """Renew it, unless that was done just before. Where Redis does not answer, who asks it next is told."""
        if monotonic() - self._last < self._pause:
            return
        self._last, told = monotonic(), [self._group, *readers]
        with contextlib.suppress(redis.RedisError):
            for stream in self._streams:
                self._script(keys=[stream], args=told)
