"""The read line: plan, authorize, select, consent, unseal, admit, transform, record, release."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings

from audit.bodies import CheckedFacts, Outcome
from audit.recorder import append, prepare_body
from governance.actions.seeing import must_see_definitions
from governance.authorization import Ask, at_current_epoch, authorize
from governance.delegation.handed import delegation_of
from governance.errors import Invalid, NotFound, Refused
from keyring.errors import Unsealable
from keyring.fingerprints import fingerprint
from keyring.walls import in_environment
from userstore.events import ACCESSOR_EXECUTED
from userstore.reading.admission import call_facts
from userstore.reading.calls import AccessorCall, Page
from userstore.reading.forms import RowForm, typed_cells, wire_cells
from userstore.reading.limiting import NothingLeaves, count_reading, count_rows
from userstore.reading.pages import PageFound, page_of
from userstore.reading.plan import AccessorPlan, ReadPlan, plan_read
from userstore.reading.rows import Rows
from userstore.reading.statements import append_prepared
from userstore.reading.transformation import transform
from userstore.reading.windows import Window, neighbours_of, window_of
from userstore.selectors import SelectorError
from userstore.transforming.compilation import TransformationFailed

_STREAMED = frozenset({"", "id", "created,id", "updated,id"})
"""Orders of streams: every other one would have every chunk open everybody's values."""


def execute_accessor(call: AccessorCall, *, now: datetime) -> Rows:
    """Execute an accessor for its caller; the rows are released only after their record is committed.

    Raises:
        Refused: the caller may not make this call, or reached a limit that is announced; the refusal is on record.
        SelectorError, Invalid, NotFound, TooLarge: the call does not make sense.
        AuditUnavailable: the record could not be written, so nothing leaves.
    """
    return _on_record(call, wire_cells, now=now)


def stream_accessor(call: AccessorCall, *, clock: Callable[[], datetime]) -> Iterator[Rows]:
    """Execute an accessor chunk by chunk, typed; each chunk is decided anew and its record committed before it leaves.

    This is how values leave in bulk, so it takes the right `export` beside the right to read, and no grant gives it.

    Args:
        clock: tells the time of every chunk; a right or a consent may end while a stream runs.

    Raises:
        Invalid: the page goes backward or is sorted by values, so every chunk would open all of them again.
        Everything that `execute_accessor` raises, at the chunk where it happens.
    """
    page = call.page or Page(settings.USERSTORE_PAGE_LIMIT)
    if page.ending_before is not None:
        raise Invalid("A stream goes forward.", field="ending_before", remedy="Sort descending to read from the end.")
    if page.sort_key not in _STREAMED:
        raise Invalid("A stream is in the order of id, created or updated.", field="sort_key")
    while True:
        rows = _on_record(replace(call, page=page, exports=True), typed_cells, now=clock())
        yield rows
        if not rows.neighbours.has_next:
            return
        page = replace(page, starting_after=rows.neighbours.next)


def _on_record(call: AccessorCall, form: RowForm, *, now: datetime) -> Rows:
    """Read, and put on record what releases nothing, too."""
    try:
        return _read(call, form, now=now)
    except NothingLeaves as limited:
        _record_nothing_left(call, "refused", (limited.reason,), limited.decision_id)
        return Rows([], [], {}, limited.decision_id, limited_by=limited.reason)
    except Refused as refused:
        _record_nothing_left(call, "refused", refused.reasons, refused.decision_id)
        raise
    except (NotFound, SelectorError):
        must_see_definitions(call.caller, now=now)  # who may nothing here does not learn what there is
        raise
    except (TransformationFailed, Unsealable) as failure:
        _record_nothing_left(call, "failed", (type(failure).__name__,), None)
        raise


@at_current_epoch
def _read(call: AccessorCall, form: RowForm, *, now: datetime) -> Rows:
    plan = plan_read(call)
    clearance = authorize(call.caller, _ask(plan, call), standing=plan.accessor.standing, now=now)
    if clearance.grant is not None:
        plan = plan.under(clearance.grant, call.caller)
    accessor = plan.accessor
    count_reading(call, accessor, clearance, now=now)
    window = window_of(call.page or Page(settings.USERSTORE_PAGE_LIMIT), accessor, clearance)
    facts = call_facts(clearance, call.context, action="Execute", purposes=accessor.purpose_names, now=now)

    def through(window: Window) -> PageFound:
        return page_of(plan, clearance, facts, window, now=now)

    page = through(window)
    count_rows(page, window, through, accessor, clearance)
    with _release(accessor):
        rows = transform(page.admitted, accessor, clearance, form, now=now)
        rows.facts.update(clearance.lent)
        _record(call, rows, alike=accessor.facts)
    rows.neighbours = neighbours_of(window, page, clearance.environment_id, accessor.public_id)
    return rows


def _ask(plan: ReadPlan, call: AccessorCall) -> Ask:
    if call.grant is None and not call.exports:
        return plan.ask
    return replace(plan.ask, grant=call.grant, also=("export",) if call.exports else ())


def _release(accessor: AccessorPlan) -> AbstractContextManager[None]:
    """Tokens commit together with the record of the read that hands them out; other reads only have the record."""
    return in_environment(accessor.standing.environment_id) if accessor.tokenizes else nullcontext()


def _record(call: AccessorCall, rows: Rows, *, alike: CheckedFacts) -> None:
    environment_id = call.caller.environment_id
    rows.facts["selector"] = [
        fingerprint(environment_id, "selector", str(value).encode()) for value in call.selector_values
    ]
    rows.facts.update(_how(call))
    row = prepare_body(
        ACCESSOR_EXECUTED,
        environment_id=environment_id,
        actor=call.caller.actor,
        facts=rows.facts,
        decision_id=rows.decision_id,
        alike=alike,
    )
    append_prepared(environment_id, row)
    rows.entry_id = row.id


def _record_nothing_left(
    call: AccessorCall, outcome: Outcome, reasons: Sequence[str], decision_id: UUID | None
) -> None:
    """Put a read that released nothing on record, where no rollback of it can take that away."""
    append(
        ACCESSOR_EXECUTED,
        environment_id=call.caller.environment_id,
        actor=call.caller.actor,
        facts={"accessor": call.accessor_id, "reasons": list(reasons), **_how(call), **delegation_of(call.caller)},
        outcome=outcome,
        decision_id=decision_id,
    )


def _how(call: AccessorCall) -> dict[str, object]:
    """What the record says about how a call came, beside who made it."""
    said: dict[str, object] = {"via": call.context.via} if call.context.via else {}
    return {**said, "exported": True} if call.exports else said
