"""The sealer at work: turns for some seconds, over a connection that this process keeps."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

import psycopg
from django.conf import settings

from audit.errors import LogKeyUnusable
from audit.integrity.integrating import Sealer, TreeBroken
from audit.integrity.keys import read_key
from audit.integrity.memory import Memory
from audit.verify.notes import LOG

logger = logging.getLogger(__name__)

_busy = threading.Lock()
_kept: list[tuple[psycopg.Connection, Sealer]] = []


def work(*, seconds: float) -> int:
    """Integrate for some seconds what is appended meanwhile; return how many entries got their place.

    Waits a second at most for another thread of this process, and never for other processes: the turns of them all
    are taken one after the other. What keeps it from working is logged and told by `/readyz`; the next run tries again.
    """
    if not _busy.acquire(timeout=1):
        return 0
    try:
        return _turns(until=time.monotonic() + seconds)
    except TreeBroken as error:
        logger.error("the tree of the book is not what was signed", extra={"reason": str(error)})
    except LogKeyUnusable as error:
        logger.error("the book cannot be signed", extra={"reason": str(error)})
    except psycopg.Error as error:
        _put_down()
        logger.warning("the sealer lost its database", extra={"reason": type(error).__name__})
    finally:
        _busy.release()
    return 0


def _turns(*, until: float) -> int:
    sealer, added = _sealer(), 0
    while True:
        turn = sealer.turn(now=datetime.now(UTC))
        added += turn.added if turn else 0
        if time.monotonic() >= until:
            return added
        if turn is None or turn.is_complete:
            time.sleep(settings.AUDIT_TURN_SECONDS)


def _sealer() -> Sealer:
    """Return this process's sealer; a new one where there is none, or its connection is closed."""
    if _kept and _kept[0][0].closed:
        _put_down()
    if not _kept:
        if not settings.AUDIT_SEALER_URL or settings.AUDIT_LOG_KEY is None:
            raise LogKeyUnusable("DATABASE_SEALER_URL and SEALBOOK_LOG_KEY are not set here")
        signer = read_key(settings.AUDIT_LOG_KEY, kind=LOG)
        connection = psycopg.connect(settings.AUDIT_SEALER_URL, connect_timeout=5)
        memory = Memory(settings.AUDIT_LOG_KEY.with_suffix(".last"), signer.verifier)
        _kept.append((connection, Sealer(connection, signer, memory=memory)))
    return _kept[0][1]


def _put_down() -> None:
    while _kept:
        _kept.pop()[0].close()
