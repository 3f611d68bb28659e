"""Running imports for a while: what workers do, one step after the other."""

from __future__ import annotations

import logging
from time import monotonic, sleep
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from audit.errors import AuditUnavailable
from governance.models import Environment
from keyring.errors import KmsUnavailable
from keyring.walls import in_environment
from userstore.actions.importing.advancing import Importing, Step
from userstore.actions.importing.ending import hold_import
from userstore.actions.importing.summoning import summon_worker
from userstore.models import Import
from userstore.models.imports import RUNNING

_PAUSE = 0.5
"""Seconds until a limit is tried again."""
_log = logging.getLogger(__name__)


def run_import_for(environment_id: UUID, import_id: UUID, *, seconds: float) -> None:
    """Go on with an import until it ends, stands still or the time is over; then another worker is called.

    Whatever does not answer is left to the next try. What nobody foresaw holds the import, so that it is seen.

    Raises:
        NotFound: there is no such import.
    """
    importing, until = Importing(environment_id, import_id), monotonic() + seconds
    while monotonic() < until:
        try:
            step: Step = importing.step(now=timezone.now())
        except (OperationalError, InterfaceError, AuditUnavailable, KmsUnavailable):
            _log.warning("an import waits for a part that does not answer")
            return
        except Exception as error:
            _log.error("an import failed", exc_info=error)
            why = "Something went wrong on our side; the log says what. It can be resumed."
            hold_import(environment_id, import_id, why, now=timezone.now())
            return
        if step.is_idle and not step.is_brief:
            return
        if step.is_brief:
            sleep(_PAUSE)
    summon_worker(environment_id, import_id)


def run_every_import(*, seconds: float) -> int:
    """Go on with every import that nobody works on, sharing the time out; return how many there were."""
    running: list[tuple[UUID, UUID]] = []
    for environment_id in Environment.objects.values_list("pk", flat=True):
        with in_environment(environment_id):
            found = Import.objects.filter(state=RUNNING, is_kept=True).order_by("updated_at")
            running += [(environment_id, import_id) for import_id in found.values_list("pk", flat=True)]
    for environment_id, import_id in running:
        run_import_for(environment_id, import_id, seconds=seconds / len(running))
    return len(running)
