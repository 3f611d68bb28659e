"""When entries say they were: the times in bodies, and those that lie long before what a witness had seen."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_AT = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
_canonical = re.compile(rb'\{"actor":\{[^{}]*(?:\{[^{}]*\}[^{}]*)?\},"at":"(' + _AT + rb')"').match
_WRITTEN, _ENDS = b',"written_at":"', b'"}'
_WRITTEN_AT = slice(-29, -2)
_FIRST, _EPOCH = datetime(1, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 253_402_300_799
_is_time = re.compile(_AT).fullmatch


def time_of(body: bytes) -> bytes | None:
    """Return the time that a body tells, as it stands there: its order is the order of times. None if it tells none."""
    found = _canonical(body)
    if found:
        return found[1]
    try:
        told = json.loads(body)["at"].encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return told if _is_time(told) else None


def written_at(body: bytes) -> bytes | None:
    """Return when the database took an entry, as it stands at the body's end; None in bodies from before it did so."""
    is_told = body[-44:-29] == _WRITTEN and body[-2:] == _ENDS and _is_time(body[_WRITTEN_AT])
    return body[_WRITTEN_AT] if is_told else None


def tails_of(bodies: Sequence[bytes]) -> list[bytes]:
    """Return what stands where bodies tell when they were written: quickly, and anything in those that do not."""
    return [body[_WRITTEN_AT] for body in bodies]


class Dating:
    """Knows how old an entry may say it is.

    What a witness has seen lies before whatever came later. Entries that waited for the sealer are older than the
    checkpoint before them without anybody's fault; then those before that checkpoint are as old. So an entry is
    compared with the latest time that was told before the checkpoint, and that one counts only as far as the witness
    confirms it.
    """

    def __init__(self, *, late: timedelta) -> None:
        self._late = late
        self._latest = b""
        self._earliest = b""

    def are_timely(self, bodies: Sequence[bytes], tails: Sequence[bytes]) -> bool:
        """Take the times of entries if every one tells its own and none is back-dated; else say no and take none."""
        found = [_canonical(body) for body in bodies]
        if None in found:
            return False
        times = [each[1] for each in found if each]
        if min(times) < self._earliest or min(tails) < self._earliest:
            return False
        self._latest = max(self._latest, *times)
        return True

    def is_backdated(self, at: bytes, written: bytes | None) -> bool:
        """Take the times of one more entry; say whether one is long before what was witnessed already."""
        self._latest = max(self._latest, at)
        return min(at, written or at) < self._earliest

    def witnessed(self, seconds: int) -> None:
        """Take what witnesses say of a checkpoint: when they saw it (seconds since 1970)."""
        seen = moment_of(seconds)
        try:
            latest = min(seen, datetime.fromisoformat(self._latest.decode()))
        except ValueError:  # none was told yet, or one that no calendar has
            latest = seen
        self._earliest = rfc3339(max(latest, _FIRST + self._late) - self._late).encode()


def moment_of(seconds: int) -> datetime:
    """Return the time of a cosignature (seconds since 1970), the last one that the calendar has for any after it."""
    return _EPOCH + timedelta(seconds=min(seconds, _LAST_SECOND))


def rfc3339(moment: datetime) -> str:
    """Return a time as bodies write it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"
