"""Dates and timestamps. Every timestamp is kept in UTC with microseconds."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from userstore.datatypes.errors import ValueRefused

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# RFC 3339 demands an offset; only the form with a blank, which the wire contract knows, is UTC without saying so.
_TIMESTAMP = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<part>[0-9]{1,9}))?(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})"
    r"| (?P<utc_time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<utc_part>[0-9]{1,9}))?)?"
)


class DateForm:
    """Calendar days, written YYYY-MM-DD; a timestamp is one only where nothing is lost, at midnight UTC."""

    kind = date

    def parse(self, raw: object) -> date:
        day = _day(raw)
        if day is None:
            raise ValueRefused("not_a_date", "a date is written YYYY-MM-DD")
        return day

    def comparand(self, raw: object) -> date:
        return self.parse(raw)

    def fold(self, value: date) -> date:
        return value

    def canonical(self, value: date) -> bytes:
        return value.isoformat().encode("ascii")

    def restore(self, stored: bytes) -> date:
        return date.fromisoformat(stored.decode("ascii"))

    def render(self, value: date) -> str:
        return value.isoformat()

    def json_value(self, value: date) -> str:
        return value.isoformat()


class TimestampForm:
    """Moments: RFC 3339, YYYY-MM-DD (midnight UTC) or YYYY-MM-DD HH:MM:SS.mmm (UTC).

    What is finer than a microsecond is dropped, as the clients' own stores do.
    """

    kind = datetime

    def parse(self, raw: object) -> datetime:
        moment = _moment(raw)
        if moment is None:
            raise ValueRefused("not_a_timestamp", "a timestamp is written as RFC 3339 has it: 2031-05-17T08:30:00Z")
        return moment

    def comparand(self, raw: object) -> datetime:
        return self.parse(raw)

    def fold(self, value: datetime) -> datetime:
        return value

    def canonical(self, value: datetime) -> bytes:
        return _in_utc(value).isoformat(timespec="microseconds").encode("ascii")

    def restore(self, stored: bytes) -> datetime:
        return datetime.fromisoformat(stored.decode("ascii")).replace(tzinfo=UTC)

    def render(self, value: datetime) -> str:
        return _in_utc(value).replace(microsecond=0).isoformat() + "Z"

    def json_value(self, value: datetime) -> str:
        return _in_utc(value).isoformat() + "Z"


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        # The interpreter would take it for local time of the machine and store another moment.
        raise TypeError("a timestamp without time zone is no moment")
    return value.astimezone(UTC).replace(tzinfo=None)


def _day(raw: object) -> date | None:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str) and _DATE.fullmatch(raw):
        return _day_of_calendar(raw)
    moment = _moment(raw)
    if moment is None or moment.time() != time.min:
        return None
    return moment.date()


def _day_of_calendar(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(raw: object) -> datetime | None:
    if isinstance(raw, str):
        written = _TIMESTAMP.fullmatch(raw)
        return None if written is None else _moment_written(written)
    if isinstance(raw, datetime) and raw.tzinfo is not None:
        return _moved_to_utc(raw)
    return None


def _moment_written(written: re.Match[str]) -> datetime | None:
    clock = written["time"] or written["utc_time"] or "00:00:00"
    part = (written["part"] or written["utc_part"] or "")[:6].ljust(6, "0")
    offset = (written["offset"] or "Z").upper()
    try:
        local = datetime.fromisoformat(f"{written['day']}T{clock}.{part}{offset}")
    except ValueError:
        return None
    return _moved_to_utc(local)


def _moved_to_utc(moment: datetime) -> datetime | None:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None
