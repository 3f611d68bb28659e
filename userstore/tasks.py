"""What runs by the clock."""

from __future__ import annotations

from time import monotonic, sleep
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from governance.models import Environment
from keyring.walls import SYSTEM_ENVIRONMENT
from userstore.actions.idempotency import forget_answers
from userstore.actions.importing.running import run_every_import, run_import_for
from userstore.actions.importing.summoning import RUN_IMPORT
from userstore.actions.imports import forget_imports
from userstore.actions.indexing import settle_indexes
from userstore.actions.purging import purge
from userstore.actions.retention_changes import apply_retention_changes
from userstore.actions.rotations import advance_rotation, unended_rotations

ROTATION_SECONDS = 50.0
"""How long one run may work on rotations: the next one comes after a minute."""

IMPORT_SECONDS = 50.0
"""How long one run may work on imports."""

_INDEXED_AT_ONCE = 200_000
"""Values of one column between two looks at the others."""


@shared_task(name="userstore.forget_idempotency_keys")
def forget_idempotency_keys() -> int:
    """Forget the answers of repeatable writes whose day is over; safe to repeat."""
    return forget_answers(now=timezone.now())


@shared_task(name="userstore.purge")
def purge_everywhere() -> int:
    """Destroy what is over in every environment; returns how many values were looked at. Safe to repeat."""
    environments = Environment.objects.order_by("name").values_list("pk", flat=True)
    return sum(step.looked_at for each in environments for step in purge(each, now=timezone.now()))


@shared_task(name="userstore.apply_retention_changes")
def apply_changed_retention() -> int:
    """Bring what is stored in line with changed settings, as far as requested; safe to repeat and to interrupt."""
    return apply_retention_changes(now=timezone.now())


@shared_task(name="userstore.settle_indexes")
def settle_indexes_of_changed_columns() -> int:
    """Fill and clear the blind indexes of columns whose index changed; safe to repeat and to kill."""
    return settle_indexes(most=_INDEXED_AT_ONCE)


@shared_task(name="userstore.continue_rotations")
def continue_rotations() -> int:
    """Carry on every rotation of keys that has not ended, for a minute at most; safe to repeat and to stop."""
    until, ended = monotonic() + ROTATION_SECONDS, 0
    for environment_id in (SYSTEM_ENVIRONMENT, *Environment.objects.values_list("pk", flat=True)):
        for rotation_id in unended_rotations(environment_id):
            while monotonic() < until:
                step = advance_rotation(environment_id=environment_id, rotation_id=rotation_id)
                if step.state == "ended":
                    ended += 1
                if step.state == "ended" or step.wait >= 1:
                    break  # waits for the clock: the next one's turn
                sleep(step.wait)
    return ended


@shared_task(name=RUN_IMPORT)
def run_import(environment_id: str, import_id: str) -> None:
    """Go on with an import for a while; safe to repeat, to kill, and to run twice at once."""
    run_import_for(UUID(environment_id), UUID(import_id), seconds=IMPORT_SECONDS)


@shared_task(name="userstore.continue_imports")
def continue_imports() -> int:
    """Go on with the imports that nobody was called to; returns how many there were."""
    return run_every_import(seconds=IMPORT_SECONDS)


@shared_task(name="userstore.forget_imports")
def forget_old_imports() -> int:
    """Forget imports whose time is over, and files that nobody came to import; safe to repeat."""
    return forget_imports(now=timezone.now())
