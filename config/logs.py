"""Logs that cannot carry personal data: a line says only what the source code says, plus fields of known shape.

Three rules, deny by default:

* The text of a line is printed only where it stands as a literal in the file that logs it. What was put together at run
  time (an f-string, `str(error)`) may hold values and is withheld; arguments of a template are never filled in.
* A field is printed only if `FIELDS` names it and its value has the shape given there.
* An exception is its type and its places in the code, never its text: PostgreSQL quotes whole rows in error details.
"""

from __future__ import annotations

import ast
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

import orjson
import structlog

from audit.context import request_id
from config.clock import CELERY_BEAT_SCHEDULE

WITHHELD = "text withheld: it is no literal of the code that logged it"
LONGEST_CHAIN = 5
DEEPEST_PLACES = 12


def _matches(pattern: str) -> Callable[[object], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _is_uuid(value: object) -> bool:
    if isinstance(value, UUID):
        return True
    try:
        return isinstance(value, str) and UUID(value) is not None
    except ValueError:
        return False


_is_name = _matches(r"[A-Za-z][A-Za-z0-9_.\-]{0,119}")
"""Names that come from code or configuration: a table, a task, a provider."""

FIELDS: Mapping[str, Callable[[object], bool]] = {
    # the request
    "request_id": _matches(r"[A-Za-z0-9._\-]{1,64}"),
    "method": _matches(r"[A-Z]{1,10}"),
    "status": _is_number,
    "status_code": _is_number,
    "milliseconds": _is_number,
    # what happened
    "environment": _is_uuid,
    "entry": _is_uuid,
    "decision": _is_uuid,
    "actor_kind": _is_name,
    "event_kind": _is_name,
    "outcome": _is_name,
    "kind": _is_name,
    "reason": _is_name,
    "part": _is_name,
    "state": _is_name,
    # where
    "key": _is_uuid,
    "client": _is_uuid,
    "provider": _is_name,
    "queue": _is_name,
    "table": _is_name,
    "partition": _is_name,
    "task": _is_name,
    "task_id": _is_uuid,
    "script": _is_uuid,
    # how much
    "attempt": _is_number,
    "bytes": _is_number,
    "count": _is_number,
    "exit_status": _is_number,
    "pid": _is_number,
    "rows": _is_number,
    "seconds": _is_number,
    "signal": _is_number,
    "version": _is_number,
}
"""Every field a log line may have, and the shape its value must have. A new one is a decision about personal data."""

ROUTINE = frozenset(str(each["task"]) for each in CELERY_BEAT_SCHEDULE.values() if float(str(each["schedule"])) <= 60)
"""Tasks that the clock sends every minute or more often."""

_TASK_FIELDS = {"name": "task", "id": "task_id", "runtime": "seconds"}
"""What Celery hands over as template arguments, under our names. Its other arguments hold the task's own."""

_OWN_ATTRIBUTES = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {"message", "asctime", "taskName"}


@lru_cache(maxsize=512)
def _literals(path: str) -> frozenset[str]:
    """Every string literal of a source file, pieces of f-strings excepted; empty where there is no source."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    pieces = {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in ast.walk(node)}
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces
    }
    return frozenset(texts | {text.strip() for text in texts})


def describe_error(error: BaseException) -> list[dict[str, Any]]:
    """An exception and its causes as types and places in the code; never their texts or local variables."""
    return [_describe_one(link) for link in _chain(error)]


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    for _ in range(LONGEST_CHAIN):
        if link is None:
            return
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _describe_one(error: BaseException) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": _places(error.__traceback__),
    }
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str) and re.fullmatch(r"[0-9A-Z]{5}", sqlstate):
        described["sqlstate"] = sqlstate
        constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
        if _is_name(constraint):
            described["constraint"] = constraint
    return described


def _places(traceback: TracebackType | None) -> list[str]:
    places = []
    while traceback is not None:
        frame = traceback.tb_frame
        places.append(f"{frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno} {frame.f_code.co_name}")
        traceback = traceback.tb_next
    return places[-DEEPEST_PLACES:]


class SafeJsonFormatter(logging.Formatter):
    """One JSON object per line, from standard and from structlog loggers alike."""

    def format(self, record: logging.LogRecord) -> str:
        text, offered = self._split(record)
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "source": f"{record.module}:{record.lineno}",
            "event": text if text in _literals(record.pathname) else WITHHELD,
        }
        known = request_id.get()
        if known is not None:
            line["request_id"] = known
        fitting = {key: value for key, value in offered.items() if key in FIELDS and FIELDS[key](value)}
        line.update(fitting)
        if len(offered) > len(fitting):
            line["withheld"] = len(offered) - len(fitting)
        error = self._error(record)
        if error is not None:
            line["error"] = describe_error(error)
        return orjson.dumps(line, option=orjson.OPT_UTC_Z).decode()

    def _split(self, record: logging.LogRecord) -> tuple[str, dict[str, Any]]:
        """The text before any argument was filled in, and the fields that came with it."""
        offered = {key: value for key, value in vars(record).items() if key not in _OWN_ATTRIBUTES and key[0] != "_"}
        if isinstance(record.msg, dict):  # structlog hands its event dictionary over whole
            offered = {key: value for key, value in record.msg.items() if key not in ("event", "exc_info")}
            return str(record.msg.get("event", "")), offered
        if isinstance(record.args, Mapping) and record.name.startswith("celery"):
            offered |= {ours: record.args[theirs] for theirs, ours in _TASK_FIELDS.items() if theirs in record.args}
        return record.msg if isinstance(record.msg, str) else "", offered

    def _error(self, record: logging.LogRecord) -> BaseException | None:
        found: object = record.exc_info or (record.msg.get("exc_info") if isinstance(record.msg, dict) else None)
        if isinstance(found, BaseException):
            return found
        if isinstance(found, tuple):
            return next((part for part in found if isinstance(part, BaseException)), None)
        return sys.exc_info()[1] if found else None


class RequestLineFormatter(logging.Formatter):
    """Renders the fields of one request, which the middleware made and nobody else can reach."""

    def format(self, record: logging.LogRecord) -> str:
        return orjson.dumps(record.msg, option=orjson.OPT_UTC_Z).decode()


class StandardOutput(logging.StreamHandler[Any]):
    """Writes to standard output; a line that cannot be written is announced without its content.

    The standard handler prints message and arguments of the failed line to standard error.
    """

    def __init__(self) -> None:
        super().__init__(sys.stdout)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002  logging's signature
        if sys.stderr is not None:
            # On a full disk neither can be written. The answer goes out all the same: the book is the record.
            with suppress(OSError, ValueError):
                sys.stderr.write('{"level":"error","event":"a log line could not be written"}\n')
                sys.stderr.flush()


class WithoutRoutine(logging.Filter):
    """Drops what Celery says of each success of a task that the clock sends every minute or more often.

    Day and night these are most of all lines. What such a task did is in the book or in lines of its own; failures,
    retries and whatever runs more rarely are told as ever.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.args if isinstance(record.args, Mapping) else {}
        return record.levelno > logging.INFO or told.get("name") not in ROUTINE


def configure_structlog() -> None:
    """Send structlog's loggers through the standard ones, so that one formatter guards every line."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def keep_django_logging(**_: object) -> None:
    """Receiver of Celery's `setup_logging`: being connected keeps Celery from installing handlers of its own."""


def log_thread_failure(failure: threading.ExceptHookArgs) -> None:
    """Log a thread's uncaught exception; Python's own hook prints its text."""
    if failure.exc_value is not None and not isinstance(failure.exc_value, SystemExit):
        logging.getLogger(__name__).error("a thread ended with an exception", exc_info=failure.exc_value)


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "config.logs.SafeJsonFormatter"},
        "request line": {"()": "config.logs.RequestLineFormatter"},
    },
    "filters": {"without routine": {"()": "config.logs.WithoutRoutine"}},
    "handlers": {
        "stdout": {"()": "config.logs.StandardOutput", "formatter": "json"},
        "request line": {"()": "config.logs.StandardOutput", "formatter": "request line"},
    },
    "root": {"level": "INFO", "handlers": ["stdout"]},
    "loggers": {
        # Django's defaults would add handlers that print messages; these loggers speak through the root alone.
        "django": {"level": "INFO", "handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},  # every request has its line already
        "django.server": {"level": "ERROR", "handlers": [], "propagate": True},
        "django.db.backends": {"level": "WARNING"},  # statements carry values
        "celery.worker.strategy": {"level": "WARNING"},  # its arguments are the task's; the end of a task is logged
        "celery.app.trace": {"filters": ["without routine"]},
        "celery.beat": {"level": "WARNING"},  # that a task was sent shows when it ends
        "axes": {"level": "ERROR"},  # its lines are made of user names and addresses; the book records sign-ins
        "fido2.server": {"level": "WARNING"},  # names passkeys; the book records what they prove
        "sealbook.request": {"level": "INFO", "handlers": ["request line"], "propagate": False},
    },
}
