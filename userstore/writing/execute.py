"""The write line: plan, authorize, validate, seal, store, consent, record; effect and record commit together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from audit.recorder import append
from governance.actions.change import refusal_on_record
from governance.actions.seeing import must_see_definitions
from governance.authorization import Clearance, at_current_epoch, authorize, frozen_parts, refusal
from governance.errors import Conflict, NotFound, Refused
from governance.standing import Standing, fresh_standing_of
from keyring.errors import Unsealable
from keyring.fingerprints import fingerprints
from keyring.walls import in_environment
from userstore.events import MUTATOR_EXECUTED
from userstore.models import Subject
from userstore.selectors import SelectorError
from userstore.transforming.compilation import TransformationFailed
from userstore.writing.admission import admit_writing, told_by
from userstore.writing.calls import MutatorCall
from userstore.writing.changes import ColumnChange, read_changes
from userstore.writing.ending import end_lapsed
from userstore.writing.keys import handle_of
from userstore.writing.limiting import NothingChanges, count_writing, count_written
from userstore.writing.merging import merge
from userstore.writing.plan import MutatorPlan, WritePlan, plan_write
from userstore.writing.returning import must_be_of
from userstore.writing.selection import locked_subjects
from userstore.writing.shelf import Shelf
from userstore.writing.storing import Pen, stored_values


@dataclass(slots=True)
class Receipt:
    """What a write did: to whom, and the facts of its record.

    `limited_by` names the limit, not announced to the caller, that left everything as it was.
    """

    subject_ids: list[UUID]
    decision_id: UUID
    facts: dict[str, Any] = field(default_factory=dict)
    entry_id: UUID | None = None
    limited_by: str = ""
    created: int = 0
    """How many subjects are new."""


def execute_mutator(call: MutatorCall, *, now: datetime) -> Receipt:
    """Execute a mutator for its caller: all selected subjects are written, or none.

    Raises:
        Refused: the caller may not make this call, or reached a limit that is announced; the refusal is on record.
        SelectorError, Invalid, NotFound, Conflict: the call does not make sense; nothing was stored.
        AuditUnavailable: the record could not be written, so nothing was stored.
    """
    return recorded_write(call, lambda: _write(call, now=now), now=now)


def recorded_write(call: MutatorCall, write: Callable[[], Receipt], *, now: datetime) -> Receipt:
    """Write, and put on record what changes nothing, too; a limit that is not announced is an empty receipt."""
    try:
        return write()
    except NothingChanges as limited:
        _record_refused(call, (limited.reason,), limited.decision_id)
        return Receipt([], limited.decision_id, limited_by=limited.reason)
    except Refused as refused:
        _record_refused(call, refused.reasons, refused.decision_id)
        raise
    except (NotFound, SelectorError):
        must_see_definitions(call.caller, now=now)  # who may nothing here does not learn what there is
        raise
    except (TransformationFailed, Unsealable, Conflict) as failure:
        append(
            MUTATOR_EXECUTED,
            environment_id=call.caller.environment_id,
            actor=call.caller.actor,
            facts={"mutator": call.mutator_id, "reasons": [type(failure).__name__]},
            outcome="failed",
        )
        raise


def clear_mutator(call: MutatorCall, *, now: datetime) -> Clearance:
    """Decide as of the environment's current epoch whether a call may be made, without making it.

    Raises:
        Refused: the caller may not make this call; the refusal is on record.
    """
    fresh_standing_of(call.caller.environment_id)
    plan = plan_write(call)
    with refusal_on_record(MUTATOR_EXECUTED, call.caller):
        return authorize(call.caller, plan.ask, standing=plan.mutator.standing, now=now)


@at_current_epoch
def _write(call: MutatorCall, *, now: datetime) -> Receipt:
    plan = plan_write(call)
    clearance = authorize(call.caller, plan.ask, standing=plan.mutator.standing, now=now)
    count_writing(plan.mutator, clearance, now=now)
    with in_environment(clearance.environment_id):
        changes = read_changes(call.row_data, plan.mutator, now=now)
        refuse_frozen(changes, plan.mutator.standing)
        subjects = locked_subjects(plan, clearance)
        admitted, trace = admit_writing(subjects, plan.mutator, call.context, clearance, now=now)
        count_written(len(admitted), plan.mutator, clearance)
        receipt = write_changes(admitted, changes, call, plan, clearance, now=now)
        receipt.facts.update(denied=len(subjects) - len(admitted), **described(call, plan.mutator, changes))
        receipt.facts.update(told_by(trace))
        receipt.entry_id = append(
            MUTATOR_EXECUTED,
            environment_id=clearance.environment_id,
            actor=call.caller.actor,
            facts=receipt.facts,
            decision_id=clearance.decision_id,
        )
    return receipt


def _record_refused(call: MutatorCall, reasons: Sequence[str], decision_id: UUID) -> None:
    """Put a write that changed nothing on record, where no rollback of it can take that away."""
    append(
        MUTATOR_EXECUTED,
        environment_id=call.caller.environment_id,
        actor=call.caller.actor,
        facts={"mutator": call.mutator_id, "reasons": list(reasons)},
        outcome="refused",
        decision_id=decision_id,
    )


def refuse_frozen(changes: list[ColumnChange], standing: Standing) -> None:
    """Refuse a write for a frozen purpose; which purposes a call gives itself is known only now."""
    if not standing.freezes:
        return
    given = [standing.purposes_by_number[number].public_id for change in changes for number in change.added]
    frozen = frozen_parts(standing, purposes=given)
    if frozen:
        raise refusal(*frozen)


def write_changes(
    subjects: Sequence[Subject],
    changes: list[ColumnChange],
    call: MutatorCall,
    plan: WritePlan,
    clearance: Clearance,
    *,
    now: datetime,
) -> Receipt:
    """Apply changes to locked subjects, values and consents together."""
    pen = Pen(clearance.standing, call.caller.actor, now, f"mutator {plan.mutator.name}"[:64], call.consent)
    shelf = Shelf(subjects, [change.column for change in changes])
    handles = [write_subject(pen, shelf, subject, changes) for subject in subjects]
    finish(pen, subjects)
    facts: dict[str, Any] = {"subjects": handles, "written": pen.written, "removed": pen.removed}
    if pen.held:
        facts["held"] = pen.held
    return Receipt([subject.public_id for subject in subjects], clearance.decision_id, facts)


def write_subject(pen: Pen, shelf: Shelf, subject: Subject, changes: Sequence[ColumnChange]) -> str:
    """Apply changes to one locked subject; return its handle. What is new waits for `finish`.

    Raises:
        Conflict: a column would hold too many values, or a mark came that was given with somebody else's value.
    """
    key = shelf.key(subject)
    for change in changes:
        if change.mark:
            must_be_of(change.mark, change.column, pen.standing.environment_id, subject.public_id)
        rows = shelf.rows(subject, change.column)
        left = [end_lapsed(pen, subject, shelf.key, change.column, row) for row in rows]
        if change.column.is_unique and None in left:
            pen.vacated.add((change.column.pk, None))
        current = stored_values([row for row in left if row is not None], key, subject, change.column)
        pen.store(subject, key, change.column, merge(change, current, until=pen.terms.ends_at))
    return handle_of(subject, key)


def finish(pen: Pen, subjects: Sequence[Subject]) -> None:
    """Write what waits, and that these subjects were changed.

    Raises:
        Conflict: a unique column has a value already, at another subject.
    """
    pen.flush()
    if not subjects:
        return
    touched = Subject.objects.filter(pk__in=[subject.pk for subject in subjects])
    touched.update(updated_at=pen.now, version=F("version") + 1)


def described(call: MutatorCall, plan: MutatorPlan, changes: Sequence[ColumnChange]) -> dict[str, Any]:
    """What the record of a write says about the call."""
    names = plan.standing.purposes_by_number
    touched = dict.fromkeys(p for change in changes for p in change.purposes_touched)
    environment_id = call.caller.environment_id
    returned = dict.fromkeys(change.column.name for change in changes if change.mark and change.values is None)
    return {
        "mutator": plan.public_id,
        "name": plan.name,
        "version": plan.version,
        "purposes": [names[number].name for number in touched],
        "columns": [target.column.name for target in plan.targets],
        **({"looked_at": [c.name for c in plan.looked_at]} if plan.looked_at else {}),
        **({"returned": list(returned)} if returned else {}),
        "selector": fingerprints(environment_id, "selector", [str(v).encode() for v in call.selector_values]),
        **({"via": call.context.via} if call.context.via else {}),
    }
