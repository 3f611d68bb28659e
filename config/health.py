"""Is this process alive, and can it do its work? Open to everybody, so it answers in codes and never in texts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from secrets import token_bytes
from time import monotonic

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.health import audit_is_writable
from audit.integrity.state import APART, clock_ahead, sealing
from keyring.kms import providers

REMEMBERED_SECONDS = 1.0
"""How long a state is told again without a new probe: the page is open, and a probe costs a write."""

REDIS_SECONDS = 2.0
"""How long Redis may take to answer."""

_log = logging.getLogger(__name__)


class NotReady(Exception):
    """A part does not do its work; `code` is safe to show."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def probe_database() -> None:
    """Raises unless PostgreSQL answers."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")


def probe_redis() -> None:
    """Raises unless Redis answers within `REDIS_SECONDS`."""
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    ) as client:
        client.ping()


def probe_migrations() -> None:
    """Raises `NotReady("pending")` while a migration of this build has not been applied."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    pending = [name for name, replaces in _migrations() if name not in applied and not applied.issuperset(replaces)]
    if pending:
        raise NotReady("pending")


@lru_cache(maxsize=1)
def _migrations() -> tuple[tuple[tuple[str, str], frozenset[tuple[str, str]]], ...]:
    """Every migration of this build, with those that it replaces (itself where it replaces none)."""
    found = MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()
    return tuple((name, frozenset(migration.replaces or [name])) for name, migration in found)


def probe_audit() -> None:
    """Raises unless an entry could be written now."""
    if not audit_is_writable():
        raise NotReady("not_writable")


def probe_sealing() -> None:
    """Raises `NotReady` with a word for what is the matter with the sealing of the book: another process does that."""
    code = sealing().code(timezone.now())
    if code != "ok":
        raise NotReady(code)


def probe_clock() -> None:
    """Raises `NotReady("apart")` while this server's clock is not the database's: no access begins meanwhile."""
    if abs(clock_ahead()) > APART:
        raise NotReady("apart")


def probe_keyring() -> None:
    """Raises unless the first provider opens what it wrapped."""
    key, first = token_bytes(32), providers()[0]
    if first.unwrap(first.wrap(key, context=b"readyz"), context=b"readyz") != key:
        raise NotReady("not_openable")


PROBES: Mapping[str, Callable[[], None]] = {
    "database": probe_database,
    "redis": probe_redis,
    "migrations": probe_migrations,
    "audit": probe_audit,
    "keyring": probe_keyring,
    "sealing": probe_sealing,
    "clock": probe_clock,
}

TOLD = frozenset({"sealing", "clock"})
"""Parts that are told and keep no process from being ready: it can do its work, and decides itself what has to wait."""


def probe_parts() -> dict[str, str]:
    """The state of every part: "ok", "failed" or the part's own code. What failed goes to the log."""
    return {part: _probe(part, probe) for part, probe in PROBES.items()}


def _probe(part: str, probe: Callable[[], None]) -> str:
    try:
        probe()
    except NotReady as refusal:
        _log.warning("a part is not ready", extra={"part": part, "state": refusal.code})
        return refusal.code
    except Exception as error:
        _log.warning("a part is not ready", exc_info=error, extra={"part": part, "state": "failed"})
        return "failed"
    return "ok"


class _Memory:
    """The last states, and one prober at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._probed_at = float("-inf")
        self._states: dict[str, str] = {}

    def states(self) -> dict[str, str]:
        with self._lock:
            if monotonic() - self._probed_at >= REMEMBERED_SECONDS:
                self._states = probe_parts()
                self._probed_at = monotonic()
            return dict(self._states)


_memory = _Memory()


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  Django's signature
    """200 while this process answers at all."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  Django's signature
    """200 while every part that this process needs does its work, else 503; with the state of each."""
    states = _memory.states()
    ready = all(state == "ok" for part, state in states.items() if part not in TOLD)
    return JsonResponse({"status": "ok" if ready else "not_ready", "parts": states}, status=200 if ready else 503)
