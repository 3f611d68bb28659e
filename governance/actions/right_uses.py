"""Putting down when rights were used last, once the call is over: no entry of the book, which has the calls themselves.

A process that is killed before forgets the uses of that one day, so a right may look as if it had last been used
earlier, never later.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from celery.signals import task_postrun
from django.core.signals import request_finished
from django.db import DatabaseError

from governance.models import Environment, RightUse
from governance.using import Use, take_waiting, wait_with
from keyring.walls import in_environment

_log = logging.getLogger(__name__)


def put_down_behind_every_answer() -> None:
    """Have processes write once an answer has left, or a task is done; called once when the app is ready."""
    for signal in (request_finished, task_postrun):
        signal.connect(put_down_uses, dispatch_uid="governance.right_uses")


def put_down_uses(**_: Any) -> None:
    """Write what was noted and is not written yet. What fails is written the next time; nothing else waits for it."""
    uses = take_waiting()
    for environment_id in {use[0] for use in uses}:
        those = [use for use in uses if use[0] == environment_id]
        try:
            _write(environment_id, those)
        except DatabaseError:
            _log.warning("the last use of rights could not be written")
            wait_with(those)


def _write(environment_id: UUID, uses: Iterable[Use]) -> None:
    rows = []
    for _, right_id, day in uses:
        kind, _, number = right_id.partition("-right-")
        rows.append(RightUse(environment_id=environment_id, holder_kind=kind, right_pk=int(number), used_on=day))
    with in_environment(environment_id):
        if not Environment.objects.filter(pk=environment_id).exists():
            return  # what was decided there was rolled back with it
        RightUse.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["environment", "holder_kind", "right_pk"],
            update_fields=["used_on"],
        )
