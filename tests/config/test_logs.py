"""A log line says what the source says, fields of known shape, and nothing else."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from celery import Celery
from django.db import DatabaseError, connection

from audit.context import request_id
from config.logs import (
    LOGGING,
    WITHHELD,
    SafeJsonFormatter,
    StandardOutput,
    configure_structlog,
    describe_error,
    log_thread_failure,
)

MARK = "+49 151 55501 marker"
"""Stands for personal data; it must not come out anywhere."""


class Lines:
    """What a logger wrote."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.text.splitlines()[-1])
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Whatever reaches the root logger, written as in production."""
    found = Lines()
    handler = StandardOutput()
    handler.setStream(found.stream)
    handler.setFormatter(SafeJsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)


log = logging.getLogger("sealbook.test")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_under_the_log_stops_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = StandardOutput()
    handler.setFormatter(SafeJsonFormatter())
    with Path("/dev/full").open("wb", buffering=0) as full:
        handler.setStream(io.TextIOWrapper(full, write_through=True))
        monkeypatch.setattr("sys.stderr", io.TextIOWrapper(full, write_through=True))
        record = logging.LogRecord("sealbook.test", logging.INFO, __file__, 1, "a key was rotated", None, None)
        with pytest.raises(OSError, match="No space left"):
            handler.stream.write("x")
        handler.handle(record)
        monkeypatch.undo()


def test_a_literal_text_is_printed_with_its_place(lines: Lines) -> None:
    log.info("a key was rotated", extra={"version": 3})
    assert lines.last["event"] == "a key was rotated"
    assert lines.last["version"] == 3
    assert lines.last["level"] == "info"
    assert lines.last["source"].startswith("test_logs:")


def test_a_text_made_at_run_time_is_withheld(lines: Lines) -> None:
    log.info(f"read the number {MARK}")
    log.info("read the number " + MARK)
    log.info(MARK.upper())
    assert [json.loads(line)["event"] for line in lines.text.splitlines()] == [WITHHELD] * 3
    assert "marker" not in lines.text.lower()


def test_arguments_are_never_filled_in(lines: Lines) -> None:
    log.info("read the number %s", MARK)
    log.info("read the number %(number)s", {"number": MARK})
    assert lines.last["event"] == "read the number %(number)s"
    assert MARK not in lines.text


def test_unknown_fields_are_withheld_and_counted(lines: Lines) -> None:
    log.info("a value was read", extra={"phone": MARK, "count": 1})
    assert lines.last["count"] == 1
    assert lines.last["withheld"] == 1
    assert MARK not in lines.text


def test_known_fields_of_the_wrong_shape_are_withheld(lines: Lines) -> None:
    log.info("a value was read", extra={"environment": MARK, "count": MARK, "provider": MARK, "reason": 49151})
    assert lines.last["withheld"] == 4
    assert MARK not in lines.text


def test_structlog_is_guarded_like_the_standard_loggers(lines: Lines) -> None:
    configure_structlog()
    environment = uuid4()
    structlog.get_logger("sealbook.test").info("a value was read", environment=environment, phone=MARK)
    assert lines.last["event"] == "a value was read"
    assert lines.last["environment"] == str(environment)
    assert lines.last["withheld"] == 1
    structlog.get_logger("sealbook.test").info(f"read {MARK}")
    assert lines.last["event"] == WITHHELD
    assert MARK not in lines.text


def test_a_line_carries_the_id_of_its_request(lines: Lines) -> None:
    token = request_id.set("req-1")
    log.info("a value was read")
    request_id.reset(token)
    assert lines.last["request_id"] == "req-1"
    log.info("a value was read")
    assert "request_id" not in lines.last


def test_an_exception_is_its_type_and_place_without_text_or_locals(lines: Lines) -> None:
    def fail(number: str) -> None:
        try:
            raise KeyError(number)
        except KeyError as error:
            raise ValueError(f"cannot read {number}") from error

    try:
        fail(MARK)
    except ValueError:
        log.exception("reading failed")
        structlog.get_logger("sealbook.test").exception("reading failed")
    described = lines.last["error"]
    assert [link["type"] for link in described] == ["builtins.ValueError", "builtins.KeyError"]
    assert described[0]["at"][-1].endswith(" fail")
    assert MARK not in lines.text


def test_a_cause_that_was_cut_off_stays_cut_off() -> None:
    try:
        try:
            raise KeyError(MARK)
        except KeyError:
            raise ValueError from None
    except ValueError as error:
        assert [link["type"] for link in describe_error(error)] == ["builtins.ValueError"]


@pytest.mark.django_db
def test_a_database_error_keeps_its_code_and_constraint_and_loses_the_row(lines: Lines) -> None:
    raising = f"""do $$ begin raise unique_violation using
        message = 'duplicate {MARK}', detail = 'Key (phone)=({MARK}) already exists.', constraint = 'phone_once';
    end $$"""
    try:
        with connection.cursor() as cursor:
            cursor.execute(raising)
    except DatabaseError:
        log.exception("a row was refused")
    own = lines.last["error"][-1]
    assert own["type"] == "psycopg.errors.UniqueViolation"
    assert (own["sqlstate"], own["constraint"]) == ("23505", "phone_once")
    assert MARK not in lines.text


def test_a_failing_task_is_logged_without_its_arguments(lines: Lines) -> None:
    app = Celery("sealbook-test", broker="memory://", set_as_current=False)

    @app.task(name="test.fail")
    def fail(number: str) -> None:
        raise ValueError(number)

    fail.apply(args=(MARK,), throw=False)
    assert lines.last["task"] == "test.fail"
    assert lines.last["error"][0]["type"] == "builtins.ValueError"
    assert MARK not in lines.text


def test_a_thread_that_dies_is_logged_without_the_text_of_its_exception(
    lines: Lines, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def die() -> None:
        raise ValueError(MARK)

    monkeypatch.setattr(threading, "excepthook", log_thread_failure)
    thread = threading.Thread(target=die)
    thread.start()
    thread.join()
    assert lines.last["error"][0]["type"] == "builtins.ValueError"
    assert MARK not in lines.text + capfd.readouterr().err


def test_a_line_that_cannot_be_written_is_announced_without_its_content(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    lines.stream.close()
    log.info("read %s", MARK)
    assert "could not be written" in errors.getvalue()
    assert MARK not in errors.getvalue()


@pytest.mark.parametrize(
    ("logger", "level"),
    [
        ("django.request", logging.WARNING),
        ("django.db.backends", logging.DEBUG),
        ("axes.attempts", logging.WARNING),
        ("celery.worker.strategy", logging.INFO),
        ("celery.beat", logging.INFO),
    ],
)
def test_loggers_that_speak_of_values_keep_silent(logger: str, level: int) -> None:
    assert not logging.getLogger(logger).isEnabledFor(level)


@pytest.mark.parametrize(
    ("task", "level", "is_told"),
    [
        ("audit.integrate", logging.INFO, False),
        ("audit.integrate", logging.ERROR, True),
        ("audit.drop_old_months", logging.INFO, True),
    ],
)
def test_what_runs_every_few_seconds_is_told_only_when_it_fails(task: str, level: int, is_told: bool) -> None:
    trace = logging.getLogger("celery.app.trace")
    told = {"name": task, "id": str(uuid4()), "runtime": 4.6, "return_value": "0"}
    record = trace.makeRecord(trace.name, level, __file__, 1, "Task %(name)s", (told,), None)
    assert bool(trace.filter(record)) is is_told


def test_no_handler_but_ours_is_configured() -> None:
    assert {handler["()"] for handler in LOGGING["handlers"].values()} == {"config.logs.StandardOutput"}
    assert not logging.getLogger("django").handlers
    assert not logging.getLogger("django.server").handlers
