"""Calling a worker to an import at once; the clock would find it within a minute."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

RUN_IMPORT = "userstore.run_import"
_log = logging.getLogger(__name__)


def summon_worker(environment_id: UUID, import_id: UUID) -> None:
    """Have a worker go on with an import, once this transaction is committed; without a broker the clock does."""

    def summon() -> None:
        try:
            current_app.send_task(
                RUN_IMPORT, args=[str(environment_id), str(import_id)], retry=False, ignore_result=True
            )
        except OperationalError:
            _log.warning("the broker does not answer: the clock goes on with the import")

    transaction.on_commit(summon)
