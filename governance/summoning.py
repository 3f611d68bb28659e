"""Calling a worker to something at once; the clock would find it anyway, so a broker that is away holds nobody up."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

_log = logging.getLogger(__name__)
_PATIENCE = {"socket_timeout": 2.0, "socket_connect_timeout": 2.0, "max_retries": 1}
"""Of whoever calls, in seconds. Workers, who wait for work, have more."""


def summon_worker(task: str, *arguments: str) -> None:
    """Send a task with ids as its arguments, once this transaction is committed; without a broker nothing is sent."""

    def summon() -> None:
        try:
            with current_app.connection_for_write(transport_options=_PATIENCE) as connection:
                current_app.send_task(
                    task, args=list(arguments), connection=connection, retry=False, ignore_result=True
                )
        except (OperationalError, RedisError, OSError):
            _log.warning("the broker does not answer: the clock goes on with it", extra={"task": task})

    transaction.on_commit(summon)
