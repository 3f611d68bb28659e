"""What runs by the clock."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

import psycopg
from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connections

from audit.actions.analysing import close_days, forget_recollections, look_on
from audit.actions.backtests import run_next_backtest
from audit.actions.containing import contain_due
from audit.actions.months import drop_old_months
from audit.actions.partitions import ensure_partitions, partition_state
from audit.actions.rollups import roll_up
from audit.actions.verifying import VERIFY, run_verification, run_waiting
from audit.analysis.reading import environments
from audit.integrity.asking import ask_all
from audit.integrity.working import work
from audit.queries import AUDITOR

INTEGRATING_SECONDS = 4.6
"""How long one run goes on; the clock sends the next one a moment later."""

MOST_INCREMENTS = 20
"""Of the counts of one environment in one run, should the worker have stood still."""

BACKTEST = "audit.backtest"
BACKTEST_SECONDS, BACKTESTS_BEGIN_SECONDS = 15 * 60, 60
"""What a run of backtests may take before the one under way is given up, and within which others are begun."""

logger = logging.getLogger(__name__)


@shared_task(name="audit.make_partitions")
def make_partitions() -> list[str]:
    """Keep the book's months ahead of the clock and say loudly if an entry fell outside them; safe to repeat."""
    made = ensure_partitions(months_ahead=settings.AUDIT_MONTHS_AHEAD)
    stray = partition_state().rows_in_default
    if stray:
        logger.error("audit entries lie in the default partition", extra={"rows": stray})
    return made


@shared_task(name="audit.integrate", acks_late=False)
def integrate() -> int:
    """Give what was appended its place in the tree, for as long as until the next run; safe to repeat and to lose."""
    return work(seconds=INTEGRATING_SECONDS)


@shared_task(name="audit.ask_witnesses", acks_late=False)
def ask_witnesses() -> int:
    """Have the witnesses cosign what is signed meanwhile; safe to repeat and to lose."""
    return ask_all(seconds=INTEGRATING_SECONDS)


@shared_task(name="audit.drop_old_months", acks_late=False)
def drop_months() -> dict[str, str]:
    """Drop the bodies of months that are kept no longer; what keeps one is told, and tried again tomorrow."""
    if not settings.AUDIT_KEEP_MONTHS or not settings.AUDIT_SEALER_URL:
        return {}
    with psycopg.connect(settings.AUDIT_SEALER_URL, connect_timeout=5, options="-c timezone=UTC") as connection:
        told = drop_old_months(connection, keep_months=settings.AUDIT_KEEP_MONTHS, now=datetime.now(UTC))
    for each in told:
        if each.why:
            logger.warning("a month of the book stays", extra={"month": each.month.isoformat(), "reason": each.why})
    return {each.month.isoformat(): each.why for each in told}


@shared_task(name="audit.look_on", soft_time_limit=50, time_limit=60)
def look_on_everywhere() -> int:
    """Run the rules over what was sealed since; safe to repeat, to lose and to run twice at once."""
    if AUDITOR not in connections:
        return 0
    return _in_each(_look_on)


@shared_task(name=BACKTEST, acks_late=False, soft_time_limit=BACKTEST_SECONDS, time_limit=BACKTEST_SECONDS + 60)
def backtest_everywhere() -> int:
    """Do the backtests that officers wait for, one of each environment in turn; safe to repeat, to lose and to kill.

    A backtest is begun in the first minute alone, so that each has most of the time that there is.
    """
    if AUDITOR not in connections:
        return 0
    until = monotonic() + BACKTESTS_BEGIN_SECONDS
    return _in_each(lambda each: monotonic() < until and run_next_backtest(each, now=datetime.now(UTC)))


@shared_task(name="audit.close_days")
def close_days_everywhere() -> int:
    """Run the rules over today and over days that are over; safe to repeat."""
    if AUDITOR not in connections:
        return 0
    return _in_each(_close_days)


@shared_task(name="audit.roll_up", soft_time_limit=50, time_limit=60)
def roll_up_everywhere() -> int:
    """Count what was sealed since by the hour; safe to repeat, to lose and to run twice at once."""
    if AUDITOR not in connections:
        return 0
    return _in_each(_roll_up)


@shared_task(name=VERIFY)
def verify(environment_id: str, verification_id: str) -> bool:
    """Do a verification that somebody asked for; safe to repeat, and given up where the worker is lost."""
    return AUDITOR in connections and run_verification(UUID(environment_id), UUID(verification_id))


@shared_task(name="audit.verify_waiting")
def verify_waiting() -> int:
    """Do the verifications that wait and nobody was called to; safe to repeat."""
    if AUDITOR not in connections:
        return 0
    return _in_each(lambda each: run_waiting(each, now=datetime.now(UTC)))


def _look_on(environment_id: UUID) -> int:
    now = datetime.now(UTC)
    try:
        return look_on(environment_id, now=now)
    finally:
        contain_due(environment_id, now=now)  # what was found before is stopped whatever becomes of the rest


def _close_days(environment_id: UUID) -> int:
    now = datetime.now(UTC)
    forget_recollections(environment_id, now=now)
    return close_days(environment_id, now=now)


def _roll_up(environment_id: UUID) -> int:
    now, went = datetime.now(UTC), 0
    for _ in range(MOST_INCREMENTS):
        if not (places := roll_up(environment_id, now=now)):
            break
        went += places
    return went


def _in_each(work: Callable[[UUID], int]) -> int:
    """Do something in every environment: one in which it fails, or takes all the time there is, keeps it from none.

    Each run begins with another one, so that all have their turn where the time is too short for all.
    """
    places, done = environments(), 0
    turn = int(datetime.now(UTC).timestamp()) // 10 % len(places) if places else 0
    for each in [*places[turn:], *places[:turn]]:
        try:
            done += work(each)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            # Whatever it is, the other environments are to be looked at as well.
            reason = {"environment": str(each), "reason": type(error).__name__}
            logger.exception("the analysis of an environment failed", extra=reason)
    return done
