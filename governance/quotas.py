"""Quotas: calls per clock hour, of a batch its values, counted in Redis across all workers.

Without Redis a limited call is refused.
"""

from __future__ import annotations

from datetime import datetime

from governance import counting

_WINDOW_SECONDS = 3600


def spend(*, right_id: str, environment_id: object, allowance: int, now: datetime, units: int = 1) -> bool:
    """Count a call of so many units against a right's allowance of this hour; False when too little is left of it.

    A call that is refused takes nothing from those after it that ask for less.

    Raises:
        LimitUnknown: the counter cannot be reached, so nobody can say whether the call is still allowed.
    """
    hour = int(now.timestamp()) // _WINDOW_SECONDS
    return counting.spend(
        "quota",
        environment_id,
        right_id,
        bucket=hour,
        buckets=1,
        allowance=allowance,
        seconds=_WINDOW_SECONDS * 2,
        units=units,
    )
