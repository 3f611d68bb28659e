"""A demand to be shown named columns of one person's record: planned and cleared, as far as no record is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.authorization import Clearance, authorize, refusal
from governance.errors import Invalid
from governance.identities import Caller
from governance.standing import Standing, StandingPurpose, standing_of
from userstore.definitions import purpose_meant
from userstore.models import SubjectProof
from userstore.reading.acting import cleared_to_act, must_be_proved
from userstore.reading.calls import AccessorCall
from userstore.reading.plan import AccessorPlan, ReadPlan, accessor_plan, bound_read

MOST_COLUMNS = 64


@dataclass(frozen=True, slots=True)
class UnmaskCall:
    """One demand: which columns of whose record, through which accessor, and for which of its purposes.

    `purpose` is what the wire calls it by: a name, or an object with id or name.
    """

    read: AccessorCall
    subject_id: UUID
    columns: Sequence[str]
    purpose: Any
    proof: UUID | None = None
    """The code that the person read back, where it is made for them: it shows what they are shown themselves."""

    @property
    def caller(self) -> Caller:
        return self.read.caller


@dataclass(frozen=True, slots=True)
class ClearedDemand:
    """A demand that may be made: how it is read, for which purpose, and what clears it."""

    plan: ReadPlan
    purpose: StandingPurpose
    clearance: Clearance


def cleared_demand(call: UnmaskCall, *, now: datetime, units: int = 1) -> ClearedDemand:
    """Plan a demand and clear it, as far as no person's record is looked at.

    Args:
        units: how much of an hour's quota it takes.

    Raises:
        Refused, Invalid, NotFound, SelectorError: as `unmask`; nothing is put on record here.
    """
    standing = standing_of(call.caller.environment_id)
    whole = accessor_plan(standing, call.read.accessor_id)
    names, purpose = _named(call.columns, whole), _purpose(call, whole)
    clearance = _cleared(call, whole, standing, units=units, now=now)
    _must_be_granted_for(purpose, clearance)
    return ClearedDemand(_planned(call, whole, names, clearance), purpose, clearance)


def _purpose(call: UnmaskCall, whole: AccessorPlan) -> StandingPurpose:
    """Which of the accessor's purposes is meant; `Invalid` or `NotFound` where it is none of them."""
    purpose = purpose_meant(call.purpose, whole.standing)
    if purpose not in whole.purposes:
        names = ", ".join(whole.purpose_names)
        raise Invalid("The accessor is not for this purpose.", field="purpose", remedy=f"It is for: {names}.")
    return purpose


def _must_be_granted_for(purpose: StandingPurpose, clearance: Clearance) -> None:
    """Return where a right allows the call, or a grant for this very purpose."""
    if clearance.grant is not None and clearance.grant.purpose != purpose.public_id:
        raise refusal(f"grant: {clearance.grant.id} is for another purpose")


def _cleared(call: UnmaskCall, whole: AccessorPlan, standing: Standing, *, units: int, now: datetime) -> Clearance:
    if call.proof is None:
        return authorize(
            call.caller, replace(whole.ask, grant=call.read.grant, units=units), standing=standing, now=now
        )
    if call.read.grant is not None:
        raise Invalid("A demand is made under a grant or for a person on the phone.", field="proof")
    return cleared_to_act(call.caller, whole, now=now, units=units)


def must_be_proved_for(
    purpose: StandingPurpose, call: UnmaskCall, clearance: Clearance, *, now: datetime
) -> SubjectProof | None:
    """Return the proof that stands for this very demand, None where none is needed; must run inside the environment."""
    if call.proof is None:
        return None
    proof = must_be_proved(call.proof, call.subject_id, clearance, now=now)
    if proof.purpose.public_id != purpose.public_id:
        raise refusal("proof: for another purpose")
    return proof


def _planned(call: UnmaskCall, whole: AccessorPlan, names: frozenset[str], clearance: Clearance) -> ReadPlan:
    """Plan the read of one person: the named columns as rules or a grant show them; nobody whom rows would leave out.

    Raises:
        Refused: this caller may be shown none of the columns, on demand either.
        SelectorError: the values do not fit the selector.
    """
    grant = clearance.grant
    within = frozenset({call.subject_id})
    if call.proof is not None:
        own = whole.for_oneself()
        plan = own.only(names, beside=own.output_pks)
    elif grant is None:
        plan = whole.on_demand(call.caller).only(names, beside=whole.shown_to(call.caller).output_pks)
    else:
        beside = whole.under(grant, call.caller).output_pks
        plan, within = whole.under_on_demand(grant, call.caller).only(names, beside=beside), within & grant.subjects
    if not plan.outputs:
        how = "on demand" if call.proof is None else "to oneself"
        raise refusal(*(f"visibility: {output.column.name} is not shown {how}" for output in plan.blank))
    return replace(bound_read(plan, call.read), within=within)


def _named(columns: Sequence[str], plan: AccessorPlan) -> frozenset[str]:
    """The accessor's own names of the columns that are asked for."""
    if not 0 < len(columns) <= MOST_COLUMNS:
        raise Invalid(f"Name 1 to {MOST_COLUMNS} columns.", field="columns")
    known = {output.column.name.lower(): output.column.name for output in plan.outputs}
    for place, name in enumerate(columns):
        if name.lower() not in known:
            raise Invalid("The accessor gives no such column.", field=f"columns[{place}]")
    return frozenset(known[name.lower()] for name in columns)
