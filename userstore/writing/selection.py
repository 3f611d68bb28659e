"""Whom a write is about: selected like a read, locked, at the epoch of the clearance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from governance.authorization import Clearance
from governance.standing import epoch_of
from userstore.definitions import SYSTEM_COLUMNS
from userstore.models import Subject, Value
from userstore.models.subjects import LIVE
from userstore.reading.narrowing import candidates_of, decided_by_id
from userstore.writing.keys import subject_key
from userstore.writing.plan import WritePlan
from userstore.writing.storing import typed_values

_LOCK = """
    select * from userstore_subject where erased_at is null and public_id = any(%s) order by public_id for update
"""
"""One array: a thousand parameters take longer than the look-up."""


def locked_subjects(plan: WritePlan, clearance: Clearance) -> list[Subject]:
    """Return the selected subjects in the order of their ids, locked until the transaction ends.

    Locks are taken in one order, so two writes over the same subjects wait for each other instead of deadlocking. The
    epoch is read after the locks: what was decided before a revocation does not write after it.
    """
    bound, definitions = plan.bound, plan.mutator.definitions
    ids = decided_by_id(bound)
    if ids is None and bound.condition is not None:
        ids = sorted(candidates_of(bound, definitions, clearance.environment_id, LIVE))
    subjects = Subject.objects.select_for_update().filter(erased_at=None).order_by("public_id")
    if plan.region:
        subjects = subjects.filter(region=plan.region)
    locked = list(subjects if ids is None else subjects.filter(public_id__in=list(ids)))
    clearance.expect_epoch(epoch_of(clearance.environment_id) or -1)
    if bound.condition is None or decided_by_id(bound) is not None:
        return locked
    return [subject for subject in locked if bound.matches(_elements(subject, plan))]


def locked_by_id(ids: Iterable[UUID], clearance: Clearance) -> dict[UUID, Subject]:
    """Return the subjects with these ids, locked like the others and at the epoch of the clearance."""
    found = {subject.public_id: subject for subject in Subject.objects.raw(_LOCK, [list(set(ids))])}
    clearance.expect_epoch(epoch_of(clearance.environment_id) or -1)
    return found


def _elements(subject: Subject, plan: WritePlan) -> dict[str, list[Any]]:
    """A write's selector sees every live value: it decides what is changed, not what is shown."""
    definitions = plan.mutator.definitions
    key = subject_key(subject)
    elements: dict[str, list[Any]] = {
        "id": [subject.public_id],
        "created": [subject.created_at],
        "updated": [subject.updated_at],
        "organization_id": [subject.organization_id] if subject.organization_id else [],
        "version": [subject.version],
    }
    for name in plan.bound.columns:
        if name in SYSTEM_COLUMNS:
            continue
        column = definitions.by_name[name]
        rows = Value.objects.filter(subject=subject, column_id=column.pk, state=LIVE).order_by("ordinal")
        elements[name] = typed_values(list(rows), key, subject, column)
    return elements
