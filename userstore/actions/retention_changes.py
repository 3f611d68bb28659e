"""Bringing what is stored in line with changed retention settings: in batches, resumable, seen by everybody."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from audit.actors import SYSTEM
from audit.recorder import append
from governance.actions.change import Change
from governance.models import Environment
from keyring.walls import in_environment
from keyring.walls.transactions import is_under_way_before, transactions_so_far
from userstore import events
from userstore.models import RetentionChange, Subject
from userstore.retention.schedule import every_pair, stored_schedule
from userstore.writing.recalculation import recalculate

BATCH = 500
"""Subjects of one batch."""


def request_retention_change(change: Change) -> None:
    """Have everything stored brought in line with the settings as this change leaves them."""
    RetentionChange.objects.filter(finished_at=None).update(finished_at=change.now, is_superseded=True)
    requested = RetentionChange.objects.create(
        environment_id=change.environment_id,
        requested_by=change.clearance.caller.actor.id,
        subjects_in_all=Subject.objects.count(),
        created_at=change.now,
    )
    change.facts["change"] = requested.public_id


def apply_retention_changes(*, now: datetime) -> int:
    """Apply what is requested in every environment; return how many batches that were.

    Safe to repeat, and to run twice at once. What has to wait for a write under way is left for the next time.
    """
    batches = 0
    for environment_id in Environment.objects.order_by("name").values_list("pk", flat=True):
        while apply_batch(environment_id, now=now):
            batches += 1
    return batches


def apply_batch(environment_id: UUID, *, now: datetime, limit: int = BATCH) -> bool:
    """Bring the values of the next subjects in line, and commit that with its entry of the book.

    Returns False where nothing is requested, somebody else is at it, or writes that began under the former settings are
    still under way.
    """
    with in_environment(environment_id):
        change = RetentionChange.objects.select_for_update(skip_locked=True).filter(finished_at=None).first()
        if change is None or _must_wait(change):
            return False
        keys = Subject.objects.filter(pk__gt=change.position).order_by("pk").values_list("pk", flat=True)[:limit]
        subjects = list(keys)
        changed, due = _recalculated(change, subjects, now) if subjects else (0, 0)
        change.subjects += len(subjects)
        change.values_changed += changed
        change.values_due += due
        if subjects:
            change.position = subjects[-1]
        if len(subjects) < limit:
            change.finished_at = now
        change.save()
        append(
            events.RETENTION_APPLIED,
            environment_id=environment_id,
            actor=SYSTEM,
            facts={
                "change": change.public_id,
                "users": len(subjects),
                "values": changed,
                "due": due,
                "finished": change.finished_at is not None,
            },
        )
    return True


def _must_wait(change: RetentionChange) -> bool:
    """Whether a write may still be under way that read the former settings before the change was committed."""
    if change.barrier is None:
        change.barrier = transactions_so_far()
        change.save(update_fields=["barrier"])
    return is_under_way_before(change.barrier)


def _recalculated(change: RetentionChange, subjects: list[int], now: datetime) -> tuple[int, int]:
    return recalculate(
        stored_schedule(),
        change.environment_id,
        every_pair(),
        after=change.position,
        last=subjects[-1],
        now=now,
    )
