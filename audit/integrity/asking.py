"""Witnesses asked again and again, over a connection of this process's own."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

import psycopg
from django.conf import settings

from audit.actors import SYSTEM
from audit.events import INTEGRITY_DOUBTED
from audit.integrity.witnessing import INCONSISTENT, ask, read_witnesses
from audit.recorder import append
from keyring.walls import SYSTEM_ENVIRONMENT

logger = logging.getLogger(__name__)

LOCK = 733_103

_busy = threading.Lock()


def ask_all(*, seconds: float) -> int:
    """Ask every witness again and again for some seconds; return how many checkpoints were cosigned.

    A witness that is away holds nothing up: entries get their places meanwhile, and `/readyz` says since when.
    """
    witnesses = read_witnesses(settings.AUDIT_WITNESSES)
    if not witnesses or not settings.AUDIT_SEALER_URL or not _busy.acquire(timeout=1):
        return 0
    try:
        with psycopg.connect(settings.AUDIT_SEALER_URL, connect_timeout=5) as connection:
            if not _is_alone(connection):
                return 0
            until, before = time.monotonic() + seconds, _cosigned(connection)
            while True:
                troubles = [ask(connection, witness, now=datetime.now(UTC)) for witness in witnesses]
                _tell(connection, "; ".join(filter(None, troubles)))
                connection.commit()
                if time.monotonic() >= until:
                    return _cosigned(connection) - before
                time.sleep(settings.AUDIT_TURN_SECONDS)
    except (psycopg.Error, LookupError, ValueError) as error:
        logger.error("the witnesses cannot be asked", extra={"reason": type(error).__name__})
        return 0
    finally:
        _busy.release()


def _tell(connection: psycopg.Connection, trouble: str) -> None:
    """Keep what stands against the book; that another book was seen goes on record, once."""
    statement = "select witness_trouble from audit_integration for update"
    (before,) = connection.execute(statement).fetchone() or ("",)
    if INCONSISTENT in before and trouble and INCONSISTENT not in trouble:
        return  # a witness that falls silent takes nothing back; it does by cosigning
    if before == trouble:
        return
    connection.execute("update audit_integration set witness_trouble = %s", [trouble])
    if trouble:
        logger.error("a witness does not cosign the book", extra={"reason": trouble})
    if INCONSISTENT in trouble and INCONSISTENT not in before:
        append(
            INTEGRITY_DOUBTED,
            environment_id=SYSTEM_ENVIRONMENT,
            actor=SYSTEM,
            facts={"reason": trouble[:500]},
            outcome="failed",
        )


def _is_alone(connection: psycopg.Connection) -> bool:
    """Take the lock of whoever asks, which goes with the connection: of two, each would seem another book's to one."""
    (taken,) = connection.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone() or (False,)
    connection.commit()
    return bool(taken)


def _cosigned(connection: psycopg.Connection) -> int:
    (count,) = connection.execute("select count(*) from audit_cosignature").fetchone() or (0,)
    return int(count)
