"""Which months of the book there are, until when their bodies stay, and what holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import connection

from audit.models import MonthHold

_MONTHS = """
select to_date(right(c.relname, 6), 'YYYYMM') as month from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'public.audit_entry'::regclass and c.relname ~ '^audit_entry_[0-9]{6}$'
    and to_date(right(c.relname, 6), 'YYYYMM') <= %s order by month desc
"""


@dataclass(frozen=True, slots=True)
class KeptMonth:
    """A month whose bodies are there. `goes_on`: the first day on which they go unless held, None where none do."""

    month: date
    goes_on: date | None
    holds: Sequence[MonthHold]
    is_running: bool


def kept_months(*, now: datetime) -> list[KeptMonth]:
    """Return the months up to the running one, newest first.

    Raises `django.db.Error` if the database does not answer.
    """
    running = date(now.year, now.month, 1)
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, [running])
        months = [month for (month,) in cursor.fetchall()]
    holds = list(MonthHold.objects.filter(released_at=None).order_by("held_at", "id"))
    return [
        KeptMonth(month, _goes_on(month), [hold for hold in holds if hold.month == month], month == running)
        for month in months
    ]


def _goes_on(month: date) -> date | None:
    """Return the first day on which `drop_old_months` takes a month that nobody holds."""
    keep: int = settings.AUDIT_KEEP_MONTHS
    count = month.year * 12 + month.month + keep
    return date(count // 12, count % 12 + 1, 1) if keep else None
