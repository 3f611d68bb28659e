"""Backtests wait in bounds, one is worked on at a time, and each ends: done, or failed with the reason."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings as deployment
from django.db import connections

from audit import queries
from audit.actions import backtests
from audit.actions.backtests import MOST_TRIES, MOST_WAITING, ask_backtest, run_backtests, run_next_backtest
from audit.errors import BacktestsExhausted
from audit.models import BacktestRun
from audit.tasks import BACKTEST
from keyring.walls import in_environment
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, OFFICER

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_sources(settings: Any) -> None:
    settings.AUDIT_FACT_SOURCES = []


def asked(detection: str = "D9", *, environment: UUID = ENVIRONMENT) -> BacktestRun:
    return ask_backtest(
        actor=OFFICER, environment_id=environment, detection=detection, threshold=None, parameters={}, days=1, now=NOW
    )


def ended(run: BacktestRun) -> tuple[str, str, int]:
    with in_environment(run.environment_id):
        row = BacktestRun.objects.get(id=run.id)
    return row.state, row.fault, row.tries


def failures() -> list[list[str]]:
    told = queries.entries(environment_id=ENVIRONMENT, kinds=["detection.backtested"], outcome="failed")
    return [each.facts["reasons"] for each in told]


def test_an_environment_has_a_few_that_wait_and_asks_again_once_one_ended() -> None:
    for _ in range(MOST_WAITING):
        asked()
    with pytest.raises(BacktestsExhausted, match=f"{MOST_WAITING} backtests wait already"):
        asked()
    asked(environment=ELSEWHERE)
    assert run_next_backtest(ENVIRONMENT, now=NOW)
    asked()
    with pytest.raises(BacktestsExhausted):
        asked()


@pytest.mark.parametrize(
    ("error", "fault"), [(SoftTimeLimitExceeded(), "time"), (RuntimeError("of a rule"), "error")], ids=["time", "error"]
)
def test_one_that_ends_in_an_error_or_takes_too_long_has_failed_and_the_next_is_done(
    error: Exception, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = asked("D9"), asked("D1")
    does = backtests.backtest

    def fails(rules: Any, **asked: Any) -> Any:
        if rules[0].id == "D9":
            raise error
        return does(rules, **asked)

    monkeypatch.setattr(backtests, "backtest", fails)
    assert run_backtests(ENVIRONMENT, now=NOW) == 2
    assert (ended(first), ended(second)) == (("failed", fault, 1), ("done", "", 1))
    assert failures() == [[fault]]


@pytest.fixture
def killed_at_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Give a call that has a worker killed in the middle of a backtest."""
    begun = tmp_path / "begun"

    def stands_still(*_: object, **__: object) -> None:
        begun.touch()
        signal.pause()

    def kill_one() -> None:
        begun.unlink(missing_ok=True)
        connections.close_all()
        worker = os.fork()
        if worker == 0:
            try:
                _forget_connections()
                with monkeypatch.context() as patched:
                    patched.setattr(backtests, "backtest", stands_still)
                    run_next_backtest(ENVIRONMENT, now=NOW)
            finally:
                os._exit(1)
        while not begun.exists():
            assert os.waitpid(worker, os.WNOHANG) == (0, 0), "it ended before it began"
        assert not run_next_backtest(ELSEWHERE, now=NOW), "one is worked on at a time"
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
        _wait_for_the_lock()

    yield kill_one


def _forget_connections() -> None:
    """Have this process open its own: what it finds may be another process's, whose session would keep the lock."""
    for alias in connections:
        with suppress(AttributeError):
            del connections[alias]


def _wait_for_the_lock() -> None:
    """Wait until PostgreSQL has noticed that the worker is gone."""
    told = deployment.DATABASES["default"]
    parts = {"host": told["HOST"], "port": told["PORT"], "user": told["USER"], "password": told["PASSWORD"]}
    with psycopg.connect(dbname=connections["default"].settings_dict["NAME"], **parts) as session:
        session.execute("select pg_advisory_lock(%s)", [backtests._LOCK])
        session.execute("select pg_advisory_unlock(%s)", [backtests._LOCK])  # a closed session keeps it for a moment


def test_one_whose_worker_was_killed_is_begun_again_at_once_and_given_up_after_a_few(killed_at_work: Any) -> None:
    asked(environment=ELSEWHERE)
    run = asked()
    for tries in range(1, MOST_TRIES + 1):
        killed_at_work()
        assert ended(run) == ("running", "", tries)
    assert not run_next_backtest(ENVIRONMENT, now=NOW)
    assert ended(run) == ("failed", "worker", MOST_TRIES) and failures() == [["worker"]]
    assert run_next_backtest(ELSEWHERE, now=NOW), "nobody else waits for it"


def test_one_that_a_second_worker_finishes_is_done(killed_at_work: Any) -> None:
    asked(environment=ELSEWHERE)
    run = asked()
    killed_at_work()
    assert run_next_backtest(ENVIRONMENT, now=NOW) and ended(run) == ("done", "", 2)


def test_they_have_a_queue_of_their_own_that_every_worker_works_on_unless_told_otherwise() -> None:
    from config.celery import app

    route = app.amqp.router.route({}, BACKTEST)
    assert route["queue"].name == f"{deployment.CELERY_TASK_DEFAULT_QUEUE}-backtests"
    assert route["queue"].routing_key == route["queue"].name, "or it would get what the other queue gets"
    assert set(app.amqp.queues) >= {route["queue"].name, deployment.CELERY_TASK_DEFAULT_QUEUE}
