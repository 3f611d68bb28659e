"""Quotas: calls per clock hour, of a batch its values, counted in Redis across all workers.

Without Redis a limited call is refused.
"""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache

from governance.errors import Unavailable

_WINDOW_SECONDS = 3600


def spend(*, right_id: str, environment_id: object, allowance: int, now: datetime, units: int = 1) -> bool:
    """Count a call of so many units against a right's allowance of this hour; False when too little is left of it.

    A call that is refused takes nothing from those after it that ask for less.

    Raises:
        Unavailable: the counter cannot be reached, so nobody can say whether the call is still allowed.
    """
    hour = int(now.timestamp()) // _WINDOW_SECONDS
    key = f"quota:{environment_id}:{right_id}:{hour}"
    try:
        cache.add(key, 0, timeout=_WINDOW_SECONDS * 2)
        spent = cache.incr(key, units)
        if spent > allowance and units > 1:
            cache.decr(key, units)
    except Exception as error:
        raise Unavailable("The quota of this right cannot be checked now.", remedy="Try again shortly.") from error
    return bool(spent <= allowance)
