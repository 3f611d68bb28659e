"""Durations: a number of calendar units, counted in UTC."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from userstore.errors import Invalid
from userstore.models.subjects import LIVE

INDEFINITE = "indefinite"


class Span(NamedTuple):
    """What one unit is: calendar months and seconds, and how many of it make ten years."""

    months: int
    seconds: int
    most: int


UNITS = {
    "year": Span(12, 0, 10),
    "month": Span(1, 0, 120),
    "week": Span(0, 7 * 86400, 521),
    "day": Span(0, 86400, 3652),
    "hour": Span(0, 3600, 87_648),
}


@dataclass(frozen=True, slots=True)
class Duration:
    """How long something is kept; `indefinite` has no end and no amount."""

    unit: str
    amount: int

    @property
    def is_indefinite(self) -> bool:
        return self.unit == INDEFINITE

    @property
    def months(self) -> int:
        return UNITS[self.unit].months * self.amount

    @property
    def seconds(self) -> int:
        return UNITS[self.unit].seconds * self.amount

    def end_after(self, since: int) -> int:
        """Return when it is over that began at `since`, both Unix seconds; 0 where it never is.

        Months end on the last day of a shorter one: a month after 31 January is 28 or 29 February.
        """
        if self.is_indefinite:
            return 0
        return _months_later(since, self.months) + self.seconds or -1  # 0 means no end

    def __str__(self) -> str:
        if self.is_indefinite:
            return "without end"
        if self.amount == 0:
            return "not at all"
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"


FOREVER = Duration(INDEFINITE, 0)
AT_ONCE = Duration("year", 0)
MOST = Duration("year", UNITS["year"].most)


def checked(state: int, duration: Duration) -> Duration:
    """Return how long values in a state may be kept; raise `Invalid` for what makes no sense for them."""
    return _checked_live(duration) if state == LIVE else _checked_deleted(duration)


def _checked_live(duration: Duration) -> Duration:
    _check(duration)
    if not duration.is_indefinite and duration.amount == 0:
        raise Invalid(
            "A live value would be gone when it is written.",
            field="duration.duration",
            remedy="Give a time of at least one hour, or no end: indefinite.",
        )
    return duration


def _checked_deleted(duration: Duration) -> Duration:
    if duration.is_indefinite:
        raise Invalid(
            "Deleted values are not kept without end.",
            field="duration.unit",
            remedy="Give a time of up to ten years; a legal hold keeps what must stay.",
        )
    return _check(duration)


def _check(duration: Duration) -> Duration:
    if duration.is_indefinite:
        if duration.amount:
            raise Invalid("What has no end has no amount.", field="duration.duration", remedy="Give 0.")
        return duration
    if duration.unit not in UNITS:
        raise Invalid(
            f"There is no unit {duration.unit[:16]!r}.",
            field="duration.unit",
            remedy=f"Known: {INDEFINITE}, {', '.join(UNITS)}.",
        )
    if not 0 <= duration.amount <= UNITS[duration.unit].most:
        raise Invalid("At most ten years.", field="duration.duration", remedy=f"That is {UNITS[duration.unit].most}.")
    return duration


def _months_later(since: int, months: int) -> int:
    if not months:
        return since
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=since)
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    day = min(start.day, monthrange(year, month)[1])
    return int((start.replace(year=year, month=month, day=day) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
