"""Dates made coarse: a year, a month or an age band in place of a day.

Ages from 90 on share one band by default, as the de-identification rule of 45 CFR 164.514(b)(2)(i)(C) demands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from userstore.transforming.disclosure import hide
from userstore.transforming.parameters import option

DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].{1,40})?", re.ASCII)
UNREADABLE = hide("*")


@dataclass(frozen=True, slots=True)
class Grain:
    """How coarse a date becomes."""

    to: str = option("year", "What remains of the date.", choices=("month", "quarter", "year", "decade"))


@dataclass(frozen=True, slots=True)
class Bands:
    """How wide an age band is and where the last one begins."""

    width: int = option(10, "Years in a band.", least=2, most=50)
    top: int = option(90, "Age from which on there is one band only.", least=1, most=120)


def coarsen_date(value: str, grain: Grain) -> str:
    """Return the month, quarter, year or decade of a date or timestamp: "1984-05-17" -> "1984"."""
    day = _day_of(value)
    if day is None:
        return UNREADABLE
    return {
        "month": f"{day.year:04d}-{day.month:02d}",
        "quarter": f"{day.year:04d}-Q{(day.month + 2) // 3}",
        "year": f"{day.year:04d}",
        "decade": f"{day.year // 10 * 10:04d}s",
    }[grain.to]


def age_band(value: str, bands: Bands, *, now: datetime) -> str:
    """Return the band of the age at the day of `now` (UTC): "1984-05-17" -> "40-49"; a future birth is unreadable."""
    birth, today = _day_of(value), now.astimezone(UTC).date()
    if birth is None or birth > today:
        return UNREADABLE
    age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    if age >= bands.top:
        return f"{bands.top}+"
    low = age // bands.width * bands.width
    return f"{low}-{min(low + bands.width, bands.top) - 1}"


def _day_of(value: str) -> date | None:
    written = DAY.fullmatch(value)
    try:
        return date.fromisoformat(written[1]) if written else None
    except ValueError:
        return None
