"""Old months of the book: held whole, or dropped to their leaves."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import psycopg
from django.db import IntegrityError, connections, transaction
from django.db.models.functions import Now

from audit.actors import SYSTEM, Actor
from audit.errors import MonthRefused
from audit.events import MONTH_DROPPED, MONTH_HELD, MONTH_RELEASED, EventKind
from audit.models import MonthHold
from audit.recorder import append
from keyring.walls import SYSTEM_ENVIRONMENT

LONGEST_MATTER = 64
_is_reference = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._/-]{{0,{LONGEST_MATTER - 1}}}").fullmatch
_OLD = """
select to_date(right(c.relname, 6), 'YYYYMM') from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'public.audit_entry'::regclass and c.relname ~ '^audit_entry_[0-9]{6}$'
    and to_date(right(c.relname, 6), 'YYYYMM') < %s order by 1
"""
_LOCK = 733_101
"""What `audit_drop_month` holds while it works."""
_PLACES = """
select count(*), min(l.index), max(l.index) from audit_leaf l join audit_entry e on e.id = l.entry_id
where e.recorded_at >= %(month)s and e.recorded_at < %(month)s + interval '1 month'
"""


def hold_month(actor: Actor, *, month: date, matter: str) -> MonthHold:
    """Keep a month of the book whole until the hold is released.

    Raises `MonthRefused`: no first day, a matter that is no reference, or it is held for that already.
    """
    if month.day != 1:
        raise MonthRefused("a month is named by its first day")
    if not _is_reference(matter):
        raise MonthRefused(f"a matter is a reference of up to {LONGEST_MATTER} letters, digits and . _ / -")
    try:
        with transaction.atomic():
            hold = MonthHold.objects.create(month=month, matter=matter, held_by=actor.id)
            _record(actor, MONTH_HELD, hold)
    except IntegrityError:
        raise MonthRefused("the month is held for this matter already") from None
    return hold


def release_month(actor: Actor, *, hold_id: UUID, reference: str) -> None:
    """Release a hold; `reference` says why.

    Raises `MonthRefused`: there is none, it was released already, or the reference is none.
    """
    if not _is_reference(reference):
        raise MonthRefused(f"a reference is up to {LONGEST_MATTER} letters, digits and . _ / -")
    with transaction.atomic():
        hold = MonthHold.objects.select_for_update().filter(pk=hold_id, released_at=None).first()
        if hold is None:
            raise MonthRefused("there is no such hold")
        hold.released_at, hold.released_by = Now(), actor.id
        hold.save(update_fields=["released_at", "released_by"])
        _record(actor, MONTH_RELEASED, hold, reference=reference)


@dataclass(frozen=True, slots=True)
class Dropped:
    """What became of a month: `why` says what kept it, "" where its bodies went."""

    month: date
    why: str


def drop_old_months(connection: psycopg.Connection, *, keep_months: int, now: datetime) -> list[Dropped]:
    """Drop the bodies of every month that ended at least `keep_months` ago, oldest first; their leaves stay.

    That they go is on record before they do, and if they then do not, so is that. Safe to repeat and to be killed.

    Args:
        connection: as the sealer.
        keep_months: whole months that stay beside the running one; at least 1.
    """
    if keep_months < 1:
        raise ValueError("the running month and the one before always stay")
    months = now.year * 12 + now.month - 1 - keep_months
    before = date(months // 12, months % 12 + 1, 1)
    found = [month for (month,) in connection.execute(_OLD, [before])]
    connection.commit()
    return [_drop(connection, month) for month in found]


def _drop(connection: psycopg.Connection, month: date) -> Dropped:
    count, first, last = connection.execute(_PLACES, {"month": month}).fetchone() or (0, None, None)
    connection.commit()
    facts = {"month": month.isoformat(), "entries": count, "first": first, "last": last}
    append(MONTH_DROPPED, environment_id=SYSTEM_ENVIRONMENT, actor=SYSTEM, facts=facts)
    try:
        connection.execute("select audit_drop_month(%s)", [month])
        connection.commit()
    except psycopg.Error as error:
        with suppress(psycopg.Error):
            connection.rollback()
        if not _is_there(month):
            return Dropped(month, "")
        append(MONTH_DROPPED, environment_id=SYSTEM_ENVIRONMENT, actor=SYSTEM, facts=facts, outcome="failed")
        return Dropped(month, error.diag.message_primary or type(error).__name__)
    return Dropped(month, "")


def _is_there(month: date) -> bool:
    """Say whether a month is still there, once whoever drops months is done with it: an answer may have been lost."""
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("set local lock_timeout = '10s'")
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("select to_regclass(%s) is not null", [f"public.audit_entry_{month:%Y%m}"])
        return bool(cursor.fetchone()[0])


def _record(actor: Actor, event: EventKind, hold: MonthHold, **more: str) -> None:
    facts = {"month": hold.month.isoformat(), "matter": hold.matter, "hold": hold.pk, **more}
    append(event, environment_id=SYSTEM_ENVIRONMENT, actor=actor, facts=facts)
