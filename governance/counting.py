"""Counters in Redis that every worker and process shares. Where they cannot be reached, what they limit is refused.

A counter is a hash of buckets (a second, an hour) that a script of Redis reads and raises in one step, so no two
workers take the last call. Its name in Redis is a digest: not even a client's id travels.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, TypeVar
from uuid import uuid4

from django.core.cache import cache

from governance.errors import LimitUnknown

T = TypeVar("T")

SPEND = """
local used, oldest, kept = 0, tonumber(ARGV[2]), redis.call('HGETALL', KEYS[1])
for i = 1, #kept, 2 do
  if tonumber(kept[i]) < oldest then redis.call('HDEL', KEYS[1], kept[i]) else used = used + tonumber(kept[i + 1]) end
end
if used + tonumber(ARGV[5]) > tonumber(ARGV[3]) then return 0 end
redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
"""
"""Counts a call unless too little of the allowance is left; what lies before the window is dropped. A bucket from the
future, of a host whose clock is ahead, counts as well."""


def spend(*name: object, bucket: int, buckets: int, allowance: int, seconds: int, units: int = 1) -> bool:
    """Count a call of so many units in `bucket`; False where the last `buckets` ones would hold more than `allowance`.

    A call that is refused takes nothing from those after it.

    Args:
        name: what is counted; parts that together name it.
        seconds: how long Redis keeps the counter after its last call, at least what the buckets span.

    Raises:
        LimitUnknown: the counter cannot be reached, so nobody can say whether the call is still allowed.
    """
    key, arguments = _key(name), [bucket, bucket - buckets + 1, allowance, seconds, units]
    return bool(_asked(lambda client: client.eval(SPEND, 1, key, *arguments)))


def forget(*name: object) -> None:
    """Begin to count anew; raises LimitUnknown like `spend`."""
    _asked(lambda client: client.delete(_key(name)))


def remember(*name: object, seconds: int) -> None:
    """Set a mark that every process finds for so long; raises LimitUnknown like `spend`."""
    _asked(lambda client: client.set(_key(name), 1, ex=seconds))


def is_remembered(*name: object) -> bool:
    """Say whether a mark is set; raises LimitUnknown like `spend`."""
    return bool(_asked(lambda client: client.exists(_key(name))))


def _asked(question: Callable[[Any], T]) -> T:
    try:
        # The cache offers no scripts; its connections are shared instead of opening others beside them.
        return question(cache._cache.get_client(write=True))  # type: ignore[attr-defined]  # Django's own Redis client
    except Exception as error:
        raise LimitUnknown(
            "A limit that holds for this call cannot be checked now.",
            decision_id=uuid4(),
            reasons=("limit: the counter does not answer",),
            remedy="Try again shortly.",
        ) from error


def _key(name: tuple[object, ...]) -> str:
    parts = [str(part).encode() for part in name]
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    key: str = cache.make_key(f"count:{blake2b(framed, digest_size=20).hexdigest()}")
    return key
