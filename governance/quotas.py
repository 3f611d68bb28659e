"""Quotas: calls per clock hour, counted in Redis across all workers. Without Redis a limited call is refused."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache

from governance.errors import Unavailable

_WINDOW_SECONDS = 3600


def spend(*, right_id: str, environment_id: object, allowance: int, now: datetime) -> bool:
    """Count one call against a right's allowance of this hour; False when it is used up.

    Raises:
        Unavailable: the counter cannot be reached, so nobody can say whether the call is still allowed.
    """
    hour = int(now.timestamp()) // _WINDOW_SECONDS
    key = f"quota:{environment_id}:{right_id}:{hour}"
    try:
        cache.add(key, 0, timeout=_WINDOW_SECONDS * 2)
        spent = cache.incr(key)
    except Exception as error:
        raise Unavailable("The quota of this right cannot be checked now.", remedy="Try again shortly.") from error
    return bool(spent <= allowance)
