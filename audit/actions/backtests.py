"""Telling what a rule would find: asked for by an officer, worked out in the background, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import Error, connection

from audit.actions.detections import checked, rule_named
from audit.actors import SYSTEM, Actor
from audit.analysis.backtesting import Backtest, backtest
from audit.analysis.sources import detections
from audit.errors import BacktestsExhausted, FindingRefused
from audit.events import BACKTEST_ASKED, DETECTION_BACKTESTED
from audit.models import BacktestRun
from audit.recorder import append
from keyring.walls import in_environment

LONGEST_BACKTEST = 92
"""Days."""
MOST_WAITING = 5
"""Backtests of one environment that have not ended."""
MOST_TRIES = 2
"""After so many workers that were lost over it, a backtest is given up: what ends a worker may well be the backtest."""
SHOWN = 50
_LOCK = 733107
"""Of whoever works on backtests: held by one session, and given up with it."""

logger = logging.getLogger(__name__)


def ask_backtest(
    *,
    actor: Actor,
    environment_id: UUID,
    detection: str,
    threshold: int | None,
    parameters: Mapping[str, float],
    days: int,
    now: datetime,
) -> BacktestRun:
    """Have a rule run over the days before today in the background; nobody is told of what it finds.

    Raises:
        FindingRefused: no such rule, bad numbers, too many days, or nobody answers for it.
        BacktestsExhausted: `MOST_WAITING` of the environment have not ended.
    """
    rule = rule_named(detection)
    chosen = checked(rule, threshold, parameters)
    if not 1 <= days <= LONGEST_BACKTEST:
        raise FindingRefused(f"1 to {LONGEST_BACKTEST} days.", field="days")
    if actor.id is None:
        raise FindingRefused("Somebody with an id asks for this.", field="actor")
    last = now.date() - timedelta(days=1)
    with in_environment(environment_id):
        _must_be_few(environment_id)
        run = BacktestRun.objects.create(
            environment_id=environment_id,
            detection=rule.id,
            version=rule.version,
            threshold=threshold or rule.threshold,
            parameters=chosen,
            first=last - timedelta(days=days - 1),
            last=last,
            asked_by=actor.id,
            asked_at=now,
        )
        append(BACKTEST_ASKED, environment_id=environment_id, actor=actor, facts=_facts(run))
    return run


def run_backtests(environment_id: UUID, *, now: datetime) -> int:
    """Do all backtests of an environment that wait; return how many were begun."""
    done = 0
    while run_next_backtest(environment_id, now=now):
        done += 1
    return done


def run_next_backtest(environment_id: UUID, *, now: datetime) -> bool:
    """Do the backtest that waits longest; False where none does, or somebody is at work on another one.

    Only one is worked on at a time, whatever its environment. So one that was begun and has not ended is of a worker
    that is gone: it is begun again, and given up after `MOST_TRIES`.
    """
    with _alone() as is_alone:
        run = _begin(environment_id, now) if is_alone else None
        if run is None:
            return False
        _work(run, now)
    return True


def _work(run: BacktestRun, now: datetime) -> None:
    try:
        told = backtest(
            [rule_named(run.detection)],
            environment_id=run.environment_id,
            first=run.first,
            last=run.last,
            now=now,
            threshold=run.threshold,
            parameters=run.parameters,
        )
    except SoftTimeLimitExceeded:
        _fail(run, "time", now)
    except Exception as error:
        # Whatever it is, it would be the same the next time: whoever asked is told, and may ask again.
        logger.exception("a backtest failed", extra={"reason": type(error).__name__})
        _fail(run, "error", now)
    else:
        _finish(run, told, now)


@contextmanager
def _alone() -> Iterator[bool]:
    """Say whether nobody else is at work; who is killed lets go with the session."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [_LOCK])
        (taken,) = cursor.fetchone() or (False,)
    try:
        yield bool(taken)
    finally:
        if taken:
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [_LOCK])


def _begin(environment_id: UUID, now: datetime) -> BacktestRun | None:
    versions = {each.id: each.version for each in detections()}
    with in_environment(environment_id):
        waiting = BacktestRun.objects.filter(finished_at=None, failed_at=None)
        for run in waiting.select_for_update(skip_locked=True).order_by("asked_at"):
            if versions.get(run.detection) != run.version:
                _fail(run, "version", now)  # what another version would find says nothing any more
            elif run.tries >= MOST_TRIES:
                _fail(run, "worker", now)
            else:
                run.started_at, run.tries = now, run.tries + 1
                run.save(update_fields=["started_at", "tries"])
                return run
    return None


def _finish(begun: BacktestRun, told: Backtest, now: datetime) -> None:
    with in_environment(begun.environment_id):
        run = BacktestRun.objects.select_for_update().get(id=begun.id)
        strongest = sorted(told.raised, key=lambda each: (-each.nats, str(each.id)))[:SHOWN]
        run.finished_at, run.accesses, run.alerts = now, told.accesses, len(told.raised)
        run.found = [[f"{each.at:%Y-%m-%d}", each.actor or each.key, round(each.nats, 1)] for each in strongest]
        run.save(update_fields=["finished_at", "accesses", "alerts", "found"])
        append(
            DETECTION_BACKTESTED,
            environment_id=run.environment_id,
            actor=SYSTEM,
            facts=_facts(run) | {"entries": told.accesses, "alerts": len(told.raised)},
        )


def _fail(run: BacktestRun, fault: str, now: datetime) -> None:
    with in_environment(run.environment_id):
        run.failed_at, run.fault = now, fault
        run.save(update_fields=["failed_at", "fault"])
        append(
            DETECTION_BACKTESTED,
            environment_id=run.environment_id,
            actor=SYSTEM,
            facts=_facts(run) | {"reasons": [fault]},
            outcome="failed",
        )


def _must_be_few(environment_id: UUID) -> None:
    """Raise `BacktestsExhausted` where enough have not ended; who asks at once is counted one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"backtests of {environment_id}"])
    if BacktestRun.objects.filter(finished_at=None, failed_at=None).count() >= MOST_WAITING:
        raise BacktestsExhausted(
            f"{MOST_WAITING} backtests wait already: ask again once one of them has ended.", field="detection"
        )


def _facts(run: BacktestRun) -> dict[str, Any]:
    return {
        "backtest": run.id,
        "detection": run.detection,
        "version": run.version,
        "threshold": run.threshold,
        "first": run.first.isoformat(),
        "last": run.last.isoformat(),
    }
