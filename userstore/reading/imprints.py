"""Whether what is on a screen may stay there: asked again and again, opening no value and leaving no entry.

Who was shown a field has an imprint of it: a keyed image of the sealed values behind it, of whose they are, who was
shown them under what, and of everything that decides about them. The same question later gives the same imprint as long
as the same values would be shown. Whatever happens to them (withdrawn, erased, deleted, replaced, a stricter rule)
gives another one or none, and these two are not told apart. Nobody can make an imprint, so nothing is learned by asking
but that a field which one was shown, on record, would not be shown as it was.

Scripts of policies are not run again, since their faults belong on record: a change of a value that they look at counts
as a change of the field, as a change of the policy does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from governance.authorization import at_current_epoch
from governance.delegation.handed import version_now
from governance.errors import Invalid, NotFound, Refused
from governance.standing import standing_of
from keyring.fingerprints import fingerprints
from keyring.walls import in_environment
from userstore.definitions import ColumnDefinition
from userstore.reading.admission import call_facts
from userstore.reading.consent import keep_consented
from userstore.reading.demands import ClearedDemand, UnmaskCall, cleared_demand, must_be_proved_for
from userstore.reading.gathering import gathered
from userstore.reading.plan import AccessorPlan, accessor_plan
from userstore.reading.regional import keep_regional
from userstore.reading.rows import SealedSubject
from userstore.reading.statements import read_subjects
from userstore.selectors import SelectorError


def imprints(call: UnmaskCall, *, now: datetime) -> dict[str, str]:
    """Return the imprints of the fields that a demand would show now, by column; none of what it would not show.

    Only for a demand under a named grant or a proof: a right's quota would be spent.
    """
    if call.read.grant is None and call.proof is None:
        raise ValueError("a demand under a named grant or a proof is asked about")
    try:
        return _imprints(call, now=now)
    except (Refused, NotFound, Invalid, SelectorError):
        return {}


@at_current_epoch
def _imprints(call: UnmaskCall, *, now: datetime) -> dict[str, str]:
    demand = cleared_demand(_of_columns_that_are_left(call), now=now, units=0)
    accessor, clearance = demand.plan.accessor, demand.clearance
    facts = call_facts(clearance, call.read.context, action="Execute", purposes=accessor.purpose_names, now=now)
    if accessor.policy.caller_only and not accessor.policy.allows_caller(facts):
        return {}
    with in_environment(clearance.environment_id):
        must_be_proved_for(demand.purpose, call, clearance, now=now)
        subject = _stored(call, demand)
    if subject is None:
        return {}
    decided_by = [*_where(call, demand), *_looked_at(subject, accessor)]
    keep_consented([subject], accessor.purpose_numbers, now=now)
    if accessor.is_strict and not accessor.decisive_pks.isdisjoint(subject.withheld):
        return {}
    shown = [(output.column, behind) for output in accessor.outputs if (behind := _behind(output.column, subject))]
    framed = [_framed([column.public_id.bytes, *decided_by, *behind]) for column, behind in shown]
    images = fingerprints(clearance.environment_id, "on a screen", framed)
    return {column.name: image for (column, _), image in zip(shown, images, strict=True)}


def _of_columns_that_are_left(call: UnmaskCall) -> UnmaskCall:
    plan = accessor_plan(standing_of(call.caller.environment_id), call.read.accessor_id)
    left = {output.column.name for output in plan.outputs}
    return replace(call, columns=[name for name in call.columns if name in left])


def _stored(call: UnmaskCall, demand: ClearedDemand) -> SealedSubject | None:
    """The person with the cells that are shown or looked at; None where they are not there for this demand."""
    accessor, clearance = demand.plan.accessor, demand.clearance
    rows = read_subjects(
        environment_id=clearance.environment_id,
        subject_ids=demand.plan.of([call.subject_id]),
        column_pks=[*dict.fromkeys([*accessor.fetched_columns, *_pks_looked_at(accessor)])],
        state=accessor.state,
    )
    found = keep_regional(gathered(rows, clearance), demand.plan, clearance)
    return found[0] if found else None


def _where(call: UnmaskCall, demand: ClearedDemand) -> Iterator[bytes]:
    """Whose it is, who is shown it under what, and as what everything that decides is defined."""
    yield call.subject_id.bytes
    yield call.caller.id.bytes
    yield (call.proof or call.read.grant or call.subject_id).bytes
    yield demand.purpose.public_id.bytes
    yield version_now(demand.clearance.standing, call.read.accessor_id).encode()


def _looked_at(subject: SealedSubject, accessor: AccessorPlan) -> Iterator[bytes]:
    """What a selector and scripts look at of a person; nothing where they look at no person."""
    if accessor.selects_by_id and accessor.policy.caller_only:
        return
    created, updated, organization, version = subject.facts
    yield from (created, updated, organization or b"", str(version).encode())
    yield from _images(_pks_looked_at(accessor), subject)


def _behind(column: ColumnDefinition, subject: SealedSubject) -> list[bytes]:
    """What a field shows, as it is stored; nothing where there is nothing to show."""
    if not column.is_system:
        return _images([column.pk], subject)
    text = subject.system_text(column.name)
    return [] if text is None else [text.encode()]


def _images(column_pks: Collection[int], subject: SealedSubject) -> list[bytes]:
    """Cells as they are stored: each has its own nonce, so another value has other bytes."""
    return sorted(cell.value_id + cell.sealed for cell in subject.cells if cell.column_pk in column_pks)


def _pks_looked_at(accessor: AccessorPlan) -> list[int]:
    return [accessor.definitions.by_name[name].pk for name in accessor.looked_at]


def _framed(parts: Collection[bytes]) -> bytes:
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)
