"""Unmasking on demand: named columns of one person's record at their second level, for a stated purpose, on record.

The line is that of a read, for one subject: what a selector, the consent gate or a policy keeps from the caller's rows
they keep here as well. What is new is the level of the named columns, and that the record names them one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.bodies import Outcome
from audit.recorder import append
from governance.actions.seeing import must_see_definitions
from governance.authorization import Clearance, at_current_epoch, authorize
from governance.delegation.handed import delegation_of
from governance.errors import Invalid, NotFound, Refused
from governance.standing import StandingPurpose, fresh_standing_of
from keyring.errors import Unsealable
from keyring.fingerprints import fingerprints
from keyring.walls import in_environment
from userstore.events import ACCESSOR_UNMASKED
from userstore.models.accessors import MASKED, NONE, PLAIN
from userstore.reading.acting import cleared_to_act, count_demand, must_be_proved, note_moment
from userstore.reading.admission import admit, call_facts
from userstore.reading.consent import keep_consented
from userstore.reading.demands import UnmaskCall, cleared_demand, must_be_proved_for
from userstore.reading.forms import typed_cells
from userstore.reading.limiting import NothingLeaves, count_reading
from userstore.reading.opening import unseal
from userstore.reading.plan import AccessorPlan, ReadPlan, accessor_plan
from userstore.reading.regional import keep_regional
from userstore.reading.rows import Rows
from userstore.reading.selection import UPWARDS, select_sealed
from userstore.reading.transformation import transform
from userstore.selectors import SelectorError
from userstore.transforming.compilation import TransformationFailed


@dataclass(frozen=True, slots=True)
class UnmaskedField:
    """One column: its level for this caller, and the value at that level; None where there is nothing to show."""

    column: str
    level: str
    value: Any


@dataclass(frozen=True, slots=True)
class Unmasked:
    """What one demand showed; `is_denied`: the accessor's policy did not admit it, so there is nothing."""

    fields: Sequence[UnmaskedField]
    decision_id: UUID
    entry_id: UUID | None = None
    is_denied: bool = False


def unmask(call: UnmaskCall, *, now: datetime) -> Unmasked:
    """Show named columns of one person at their second level; the values leave only after their record is committed.

    Raises:
        Refused: the caller may not read here, or may be shown none of these columns; the refusal is on record.
        Invalid, NotFound, SelectorError: the call does not make sense.
        AuditUnavailable: the record could not be written, so nothing leaves.
    """
    try:
        return _unmask(call, now=now)
    except NothingLeaves as limited:
        _record_nothing_left(call, "refused", (limited.reason,), limited.decision_id)
        return Unmasked([], limited.decision_id)
    except Refused as refused:
        if call.proof is not None:
            note_moment(call.caller, call.proof, now=now)
        _record_nothing_left(call, "refused", refused.reasons, refused.decision_id)
        raise
    except (NotFound, SelectorError, Invalid):
        must_see_definitions(call.caller, now=now)  # who may nothing here does not learn what there is
        raise
    except (TransformationFailed, Unsealable) as failure:
        _record_nothing_left(call, "failed", (type(failure).__name__,), None)
        raise


def reasons_against(call: UnmaskCall, *, now: datetime) -> Sequence[str]:
    """Say what would refuse a demand now, before anybody's record is looked at; nothing is read, counted or recorded.

    Only for a demand under a named grant or a proof: a right's quota would be spent.
    """
    if call.read.grant is None and call.proof is None:
        raise ValueError("a demand under a named grant or a proof is asked about")
    standing = fresh_standing_of(call.caller.environment_id)
    try:
        whole = accessor_plan(standing, call.read.accessor_id)
        if call.proof is not None:
            clearance = cleared_to_act(call.caller, whole, now=now, units=0)
            with in_environment(clearance.environment_id):
                must_be_proved(call.proof, call.subject_id, clearance, now=now)
        else:
            authorize(call.caller, replace(whole.ask, grant=call.read.grant), standing=standing, now=now)
    except Refused as refused:
        return refused.reasons
    except NotFound:
        return ("state: what it was granted through is gone",)
    return ()


@at_current_epoch
def _unmask(call: UnmaskCall, *, now: datetime) -> Unmasked:
    demand = cleared_demand(call, now=now)
    plan, purpose, clearance = demand.plan, demand.purpose, demand.clearance
    count_reading(call.read, plan.accessor, clearance, now=now)
    with in_environment(clearance.environment_id):
        proof = must_be_proved_for(purpose, call, clearance, now=now)
        if proof is not None:
            count_demand(proof, now=now)
        rows = _opened_row(call, plan, clearance, now=now)
        entry_id = _record(call, plan.accessor, purpose, rows, clearance)
    denied = bool(rows.facts.get("denied"))
    return Unmasked(_fields(plan.accessor, rows), clearance.decision_id, entry_id, denied)


def _opened_row(call: UnmaskCall, plan: ReadPlan, clearance: Clearance, *, now: datetime) -> Rows:
    accessor = plan.accessor
    facts = call_facts(clearance, call.read.context, action="Execute", purposes=accessor.purpose_names, now=now)
    sealed, _ = select_sealed(plan, clearance, UPWARDS, limit=1, now=now)
    regional = keep_regional(sealed, plan, clearance)
    permitted = keep_consented(regional, accessor.purpose_numbers, now=now)
    opened = unseal(permitted, accessor.definitions, clearance)
    admitted = admit(opened, accessor.policy, facts, accessor.seen)
    return transform(admitted, accessor, clearance, typed_cells, now=now)


def _fields(plan: AccessorPlan, rows: Rows) -> list[UnmaskedField]:
    row = rows.rows[0] if rows.rows else {}
    return [UnmaskedField(name, level, row.get(name)) for name, level in _levels(plan).items()]


def _levels(plan: AccessorPlan) -> dict[str, str]:
    shown = {output.column.name: PLAIN for output in plan.outputs} | dict.fromkeys(plan.masked, MASKED)
    return shown | {output.column.name: NONE for output in plan.blank}


def _record(call: UnmaskCall, plan: AccessorPlan, purpose: StandingPurpose, rows: Rows, clearance: Clearance) -> UUID:
    """Put on record what leaves, column by column; it commits before anything does."""
    levels = _levels(plan)
    released = {name: value for name, value in rows.facts.items() if name != "rows"}
    released.update(clearance.lent)
    return append(
        ACCESSOR_UNMASKED,
        environment_id=clearance.environment_id,
        actor=call.caller.actor,
        facts={
            **_asked(call),
            **released,
            "name": plan.name,
            "version": plan.version,
            "purpose": purpose.name,
            "purposes": plan.purpose_names,
            "columns": list(levels),
            **{level: [name for name in levels if levels[name] == level] for level in (PLAIN, MASKED, NONE)},
        },
        decision_id=clearance.decision_id,
    )


def _record_nothing_left(call: UnmaskCall, outcome: Outcome, reasons: Sequence[str], decision_id: UUID | None) -> None:
    """Put a demand that showed nothing on record, where no rollback of it can take that away."""
    append(
        ACCESSOR_UNMASKED,
        environment_id=call.caller.environment_id,
        actor=call.caller.actor,
        facts={**_asked(call), "reasons": list(reasons), **delegation_of(call.caller)},
        outcome=outcome,
        decision_id=decision_id,
    )


def _asked(call: UnmaskCall) -> dict[str, Any]:
    """What a record says of the call itself: whom it was about is a fingerprint, like every other selector value."""
    values = [str(value).encode() for value in (call.subject_id, *call.read.selector_values)]
    via = call.read.context.via
    return {
        "accessor": call.read.accessor_id,
        "selector": fingerprints(call.caller.environment_id, "selector", values),
        **({"via": via} if via else {}),
        **({"acting_for": call.proof} if call.proof else {}),
    }
