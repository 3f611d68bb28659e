"""Many calls of one mutator as one: cleared once, a few statements for all of them, one entry of the book.

The calls happen in their order. Those that select different subjects by id are written together: one statement locks
them, one fetches their keys, one their values, one inserts what is new. A call that touches a subject again waits until
the earlier ones are written, so it finds what they left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.recorder import append
from governance.authorization import Clearance, at_current_epoch, authorize
from governance.errors import Conflict, GovernanceError, Invalid, Refused
from governance.identities import Caller
from governance.standing import standing_of
from keyring.walls import in_environment
from userstore.events import MUTATOR_EXECUTED
from userstore.models import Subject
from userstore.reading.calls import NO_CONTEXT, CallContext
from userstore.reading.narrowing import decided_by_id
from userstore.selectors import SelectorError
from userstore.writing.admission import admit_writing, told_by
from userstore.writing.arrivals import Arrivals
from userstore.writing.calls import NO_TERMS, ConsentTerms, MutatorCall
from userstore.writing.changes import read_changes
from userstore.writing.execute import Receipt, described, finish, recorded_write, refuse_frozen, write_subject
from userstore.writing.items import ReadItems, reading_of
from userstore.writing.limiting import count_writing, count_written
from userstore.writing.newcomers import Newcomers, made_newcomers, must_create, record_newcomers
from userstore.writing.plan import MutatorPlan, ask_of, mutator_plan, plan_write
from userstore.writing.selection import locked_by_id, locked_subjects
from userstore.writing.sheets import BatchItem, Piece, ids_of, sheets_of
from userstore.writing.shelf import Shelf
from userstore.writing.storing import Pen
from userstore.writing.uniqueness import conflict_over

ATOMIC, EACH = "atomic", "each"
"""All calls of a batch or none; or each that can be done."""
KNOWN_ONLY, NEWCOMERS = "leave", "create"
"""Of users that are not there nobody is changed; or they are created, which takes a mutator that selects one by id."""
UNKNOWN_SUBJECTS = (KNOWN_ONLY, NEWCOMERS)
Result = list[UUID] | GovernanceError
"""Whom a call changed, or why it could not be done."""


@dataclass(frozen=True, slots=True)
class BatchCall:
    """Many calls of one mutator, under one context and the same consent terms."""

    caller: Caller
    mutator_id: UUID
    items: Sequence[BatchItem]
    mode: str = ATOMIC
    context: CallContext = NO_CONTEXT
    consent: ConsentTerms = NO_TERMS
    unknown: str = KNOWN_ONLY
    read: ReadItems | None = None
    """The items, where somebody has read them already; it counts for the plan under which they were read."""

    def single(self, item: BatchItem) -> MutatorCall:
        """One of the calls, as it would be alone."""
        return MutatorCall(
            self.caller, self.mutator_id, item.selector_values, item.row_data, self.context, self.consent
        )


@dataclass(slots=True)
class _Run:
    """A batch under way: what it may rest on, its results, and what its record will say."""

    call: BatchCall
    plan: MutatorPlan
    clearance: Clearance
    now: datetime
    results: list[Result]
    known: dict[UUID, Subject] = field(default_factory=dict)
    """Locked subjects by id: those that were there, and those that the batch has made."""
    handles: list[str] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    """Handles of the subjects that are new."""
    counts: dict[str, int] = field(default_factory=lambda: {"written": 0, "removed": 0, "denied": 0, "failed": 0})
    told: dict[str, list[str]] = field(default_factory=lambda: {"reasons": [], "faults": []})

    @contextmanager
    def result_of(self, place: int) -> Iterator[None]:
        """Let an error be the result of its call, or of the whole batch where this is atomic."""
        try:
            yield
        except (GovernanceError, SelectorError) as error:
            fault = error if isinstance(error, GovernanceError) else Invalid(error.message, field="selector_values")
            if self.call.mode == ATOMIC:
                fault.field = ".".join(filter(None, [f"items[{place}]", fault.field]))
                raise fault from None
            self.results[place] = fault
            self.counts["failed"] += 1
            self.told["reasons"] += fault.reasons if isinstance(fault, Refused) else [type(fault).__name__]


def execute_batch(call: BatchCall, *, now: datetime) -> tuple[list[Result], Receipt]:
    """Execute one mutator many times; effects and record commit together. Results are in the order of the items.

    Raises:
        Refused: the caller may not execute this mutator; the refusal is on record.
        Invalid: there are no items or more than `USERSTORE_BATCH_LIMIT`, or the mode is none.
        GovernanceError: a call of an atomic batch cannot be done: `field` names its place, nothing was stored.
        AuditUnavailable: the record could not be written, so nothing was stored.
    """
    if not 1 <= len(call.items) <= settings.USERSTORE_BATCH_LIMIT:
        raise Invalid(f"A batch has 1 to {settings.USERSTORE_BATCH_LIMIT} items.", field="items")
    if call.mode not in {ATOMIC, EACH}:
        raise Invalid("The mode is atomic or each.", field="mode")
    results: list[Result] = [[] for _ in call.items]
    receipt = recorded_write(call.single(call.items[0]), lambda: _write(call, results, now=now), now=now)
    return ([[] for _ in call.items] if receipt.limited_by else results), receipt


@at_current_epoch
def _write(call: BatchCall, results: list[Result], *, now: datetime) -> Receipt:
    plan = mutator_plan(standing_of(call.caller.environment_id), call.mutator_id)
    ask = replace(ask_of(plan), units=len(call.items))  # a quota counts calls, however they arrive
    clearance = authorize(call.caller, ask, standing=plan.standing, now=now)
    if call.unknown == NEWCOMERS:
        must_create(call.caller, plan, now=now)
    for _ in call.items:
        count_writing(plan, clearance, now=now)
    run = _Run(call, plan, clearance, now, results)
    with in_environment(clearance.environment_id):
        pieces = _pieces(run)
        run.known = locked_by_id(ids_of(pieces), clearance)  # all in one order, before any write
        for sheet in sheets_of(pieces):
            _write_sheet(sheet, run)
        return _recorded(pieces, run)


def _pieces(run: _Run) -> list[Piece]:
    """Read every call; in an atomic batch the first one that makes no sense ends it."""
    pieces: list[Piece] = []
    read = reading_of(run.call.items, run.plan, now=run.now, ahead=run.call.read)
    for place, item in enumerate(run.call.items):
        run.results[place] = []
        with run.result_of(place):
            piece = Piece(place, item, None, *read.meaning(place)) if read else _selected(place, item, run)
            pieces.append(piece)
    return pieces


def _selected(place: int, item: BatchItem, run: _Run) -> Piece:
    """A call whose selector looks at more than ids."""
    plan = plan_write(run.call.single(item))
    changes = read_changes(item.row_data, run.plan, now=run.now)
    refuse_frozen(changes, run.plan.standing)
    return Piece(place, item, plan, decided_by_id(plan.bound), changes)


def _write_sheet(sheet: list[Piece], run: _Run) -> None:
    """Write calls together; where one of them is in conflict, each alone, so that it is known which."""
    if len(sheet) == 1:
        with run.result_of(sheet[0].place), transaction.atomic():
            _tell(_written(sheet, run), run)
        return
    try:
        with transaction.atomic():
            done = _written(sheet, run)
    except (Conflict, Refused):
        run.known |= locked_by_id(ids_of(sheet), run.clearance)  # somebody may have been made meanwhile
        for piece in sheet:
            _write_sheet([piece], run)
    else:
        _tell(done, run)


@dataclass(slots=True)
class _Done:
    """What a sheet did."""

    pen: Pen
    changed: dict[int, list[Subject]]
    newcomers: Newcomers
    handles: list[str]
    denied: int
    told: list[dict[str, list[str]]]


def _written(sheet: Sequence[Piece], run: _Run) -> _Done:
    terms, now = run.call.consent, run.now
    pen = Pen(run.clearance.standing, run.call.caller.actor, now, f"mutator {run.plan.name}"[:64], terms)
    unknown = [i for i in dict.fromkeys(ids_of(sheet)) if i not in run.known]
    newcomers = Newcomers()
    if run.call.unknown == NEWCOMERS:
        newcomers = made_newcomers(unknown, run.clearance, now=now)
    done = _Done(pen, {}, newcomers, [], 0, [])
    _admit(sheet, done, run)
    everybody = [subject for admitted in done.changed.values() for subject in admitted]
    newcomers.must_be_among(everybody, run.clearance)
    known = [subject for subject in everybody if subject.public_id not in newcomers.subjects]
    shelf, arrivals = Shelf(known, [target.column for target in run.plan.targets]), Arrivals(pen)
    for piece in sheet:
        for subject in done.changed[piece.place]:
            key = newcomers.keys.get(subject.key_id)
            if key is None:
                done.handles.append(write_subject(pen, shelf, subject, piece.changes))
            else:
                arrivals.add(subject, key, piece.changes)
                done.handles.append(newcomers.handles[subject.public_id])
    if len(sheet) > 1:
        _refuse_exchange(pen, arrivals)
    finish(pen, known)
    arrivals.flush()
    return done


def _refuse_exchange(pen: Pen, arrivals: Arrivals) -> None:
    """Return if nobody takes a unique value that another call of the same sheet gave up.

    Raises:
        Conflict: somebody does; whether they may depends on which of the two calls comes first.
    """
    for pk, form in pen.vacated:
        for column, values in filter(None, (pen.unique.get(pk), arrivals.unique.get(pk))):
            if form is None or form in map(column.data_type.index_form, values):
                raise conflict_over({column.name})


def _admit(sheet: Sequence[Piece], done: _Done, run: _Run) -> None:
    """Ask the policy about the subjects of every call: once for all where it looks only at the caller."""
    found = {piece.place: _subjects(piece, done.newcomers, run) for piece in sheet}
    groups = [list(found)] if run.plan.policy.caller_only else [[place] for place in found]
    for places in groups:
        asked = [subject for place in places for subject in found[place]]
        admitted, trace = admit_writing(asked, run.plan, run.call.context, run.clearance, now=run.now)
        done.told.append(told_by(trace))
        done.denied += len(asked) - len(admitted)
        are_in = {subject.pk for subject in admitted}
        done.changed |= {place: [one for one in found[place] if one.pk in are_in] for place in places}
    for count in {len(admitted) for admitted in done.changed.values()}:
        count_written(count, run.plan, run.clearance)


def _subjects(piece: Piece, newcomers: Newcomers, run: _Run) -> list[Subject]:
    if piece.ids is None and piece.plan is not None:
        return locked_subjects(piece.plan, run.clearance)
    either = (newcomers.subjects.get(i) or run.known.get(i) for i in sorted(set(piece.ids or ())))
    return [subject for subject in either if subject is not None]


def _tell(done: _Done, run: _Run) -> None:
    """Take what a sheet did into the results and the record."""
    for place, subjects in done.changed.items():
        run.results[place] = [subject.public_id for subject in subjects]
    run.known |= done.newcomers.subjects
    run.handles += done.handles
    run.created += done.newcomers.handles.values()
    for name, count in (("written", done.pen.written), ("removed", done.pen.removed), ("denied", done.denied)):
        run.counts[name] += count
    if done.pen.held:
        run.counts["held"] = run.counts.get("held", 0) + done.pen.held
    for told in done.told:
        for name, lines in told.items():
            run.told[name] += lines


def _recorded(pieces: Sequence[Piece], run: _Run) -> Receipt:
    """Append the entry of the whole batch."""
    selector_values = [value for piece in pieces for value in piece.item.selector_values]
    whole = run.call.single(BatchItem(selector_values, {}))
    changes = [change for piece in pieces for change in piece.changes]
    facts: dict[str, Any] = {
        **described(whole, run.plan, changes),
        **run.counts,
        **{name: list(dict.fromkeys(lines)) for name, lines in run.told.items() if lines},
        "subjects": list(dict.fromkeys(run.handles)),
        "calls": len(run.call.items),
    }
    if run.created:
        record_newcomers(run.created, run.clearance)
    receipt = Receipt([], run.clearance.decision_id, facts, created=len(run.created))
    receipt.entry_id = append(
        MUTATOR_EXECUTED,
        environment_id=run.clearance.environment_id,
        actor=run.call.caller.actor,
        facts=facts,
        decision_id=run.clearance.decision_id,
    )
    return receipt
