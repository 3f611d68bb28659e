"""One step of an import: the next records, what they did, and the place behind them, in one transaction.

Killed at any moment, an import goes on from its last commit: no record counts twice and none is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings

from governance.authorization import refusal
from governance.errors import GovernanceError, NotFound, Refused, TooOften, Unavailable
from governance.identities import CLIENT, OPERATOR, Caller
from governance.models import Account, Client
from governance.standing import standing_of
from keyring.walls import in_environment
from userstore.actions.importing.ahead import ReadingAhead, Stretch, next_stretch
from userstore.actions.importing.ending import end_import, hold_import, workload_of
from userstore.importing.errors import FileUnfit, ImportHeld, ImportWaits
from userstore.importing.framing import Place
from userstore.importing.opening import OpenImport, opened
from userstore.importing.sources import SealedPieces, Source
from userstore.models import Import, ImportFault
from userstore.models.imports import FINISHED, RUNNING
from userstore.selectors import SelectorError
from userstore.transforming.compilation import TransformerUnavailable
from userstore.writing.batch import EACH, BatchCall, Result, execute_batch
from userstore.writing.plan import mutator_plan

BATCH = 1000
"""Records of one step."""
_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Step:
    """Where an import stands after a step. `is_idle`: this process cannot go on, now or at all."""

    row: Import
    is_idle: bool = False
    is_brief: bool = False
    """Idle for a moment only: a limit lets the next records through soon."""


class _Moved(Exception):
    """The environment changed while records were being read; they are read again."""


class Importing:
    """Advances one import, step by step; remembers the open file between steps."""

    def __init__(self, environment_id: UUID, import_id: UUID, *, source: Source | None = None) -> None:
        self._environment_id = environment_id
        self._import_id = import_id
        self._source = source
        self._open: tuple[int, OpenImport] | None = None
        self._ahead: ReadingAhead | None = None
        self._most = BATCH

    def step(self, *, now: datetime) -> Step:
        """Import the next records; a step does all it does or nothing.

        Raises:
            NotFound: there is no such import.
            AuditUnavailable: the record could not be written, so nothing was stored.
        """
        for _ in range(_ATTEMPTS):
            try:
                with in_environment(self._environment_id):
                    step = self._advanced(now)
            except _Moved:
                self._open = None
                continue
            except (Unavailable, TransformerUnavailable, TooOften, ImportWaits):
                return self._with_fewer()
            except (GovernanceError, SelectorError) as fault:
                if self._most > 1 and _is_over_quota(fault):
                    return self._with_fewer()
                return Step(self._held(fault, now), is_idle=True)
            self._most = min(self._most * 2, BATCH)
            return step
        return Step(self._row(), is_idle=True, is_brief=True)

    def _with_fewer(self) -> Step:
        self._most = max(self._most // 4, 1)
        return Step(self._row(), is_idle=True, is_brief=True)

    def _held(self, fault: GovernanceError | SelectorError, now: datetime) -> Import:
        """Nothing more is imported until somebody has mended what stands in the way."""
        why = " ".join(filter(None, [str(fault), fault.remedy]))
        reasons = fault.reasons if isinstance(fault, Refused) else ()
        return hold_import(self._environment_id, self._import_id, why, reasons=reasons, now=now)

    def _row(self) -> Import:
        with in_environment(self._environment_id):
            return Import.objects.get(pk=self._import_id)

    def _advanced(self, now: datetime) -> Step:
        row = Import.objects.select_for_update(skip_locked=True).filter(pk=self._import_id, state=RUNNING).first()
        if row is None:
            return Step(self._known_row(), is_idle=True)
        reading = self._opened(row)
        place = Place(row.position, row.line, row.is_skipping)
        begin = place if row.position else reading.body
        stretch = self._next(reading, begin)
        behind = stretch.behind
        if not stretch.records and behind == begin:
            return Step(end_import(row, FINISHED, now=now), is_idle=True)
        _write(row, reading, stretch, now=now)
        if self._open is None or standing_of(self._environment_id).epoch != self._open[0]:
            raise _Moved  # the records were read for columns that may have changed since
        row.position, row.line, row.is_skipping = behind.offset, behind.line, behind.is_skipping
        row.updated_at = now
        row.save()
        self._ahead = ReadingAhead(row, reading, behind, most=min(self._most * 2, BATCH), now=now)
        return Step(row)

    def _next(self, reading: OpenImport, begin: Place) -> Stretch:
        ahead, self._ahead = self._ahead, None
        known = ahead.stretch(reading, begin, most=self._most) if ahead else None
        return known or next_stretch(reading, begin, most=self._most)

    def _known_row(self) -> Import:
        row = Import.objects.filter(pk=self._import_id).first()
        if row is None:
            raise NotFound("There is no such import.")
        return row

    def _opened(self, row: Import) -> OpenImport:
        """Open the file, and again when the environment has changed: columns may have come or gone."""
        epoch = standing_of(self._environment_id).epoch
        if self._open is None or self._open[0] != epoch:
            self._open = (epoch, opened(row, self._source or SealedPieces(row)))
        return self._open[1]


def caller_of(row: Import) -> Caller:
    """Return who asked for an import, with the groups they are in now; whether they still may is decided per batch.

    Raises:
        Refused: they are gone.
    """
    if row.by_kind == CLIENT:
        client = Client.objects.filter(public_id=row.by_id).first()
        if client is not None:
            asked_by = Caller(CLIENT, client.public_id, client.account_id, client.environment_id, client.name)
            return replace(asked_by, workload=workload_of(row))
    account = Account.objects.filter(pk=row.by_id, is_active=True).first() if row.by_kind == OPERATOR else None
    if account is None:
        raise refusal("caller: whoever asked for this import is gone")
    groups = frozenset(account.groups.values_list("pk", flat=True))
    return Caller(OPERATOR, account.id, account.id, row.environment_id, account.username, groups)


def _is_over_quota(fault: Exception) -> bool:
    """Whether less is left of an hour's quota than a step takes: fewer records may still go through."""
    return isinstance(fault, Refused) and any(reason.startswith("quota:") for reason in fault.reasons)


def _write(row: Import, reading: OpenImport, stretch: Stretch, *, now: datetime) -> None:
    """Write the records that are calls, count all of them, keep the reasons of those that are none."""
    records = stretch.records
    faults = [(record.line, "", record.fault) for record in records if record.item is None]
    good = [record for record in records if record.item is not None]
    if good:
        call = _call(row, reading, stretch)
        results, receipt = execute_batch(call, now=now)
        _hold_where_none_may_pass(call, results, receipt.limited_by)
        names = _columns(call)
        for record, result in zip(good, results, strict=True):
            if isinstance(result, GovernanceError):
                faults.append((record.line, *_told(result, names)))
            else:
                row.effective += bool(result)
        row.users_created += receipt.created
        row.values_written += receipt.facts.get("written", 0)
    row.mutator_id = reading.instructions.mutator_id
    row.records += len(records)
    _keep_faults(row, sorted(faults))


def _call(row: Import, reading: OpenImport, stretch: Stretch) -> BatchCall:
    asked = reading.instructions
    if asked.mutator_id is None:
        raise FileUnfit("The import names no mutator.")
    return BatchCall(
        caller=caller_of(row),
        mutator_id=asked.mutator_id,
        items=stretch.items,
        mode=EACH,
        context=asked.context,
        consent=asked.consent,
        unknown=asked.unknown,
        read=stretch.read,
    )


def _hold_where_none_may_pass(call: BatchCall, results: Sequence[Result], limited_by: str) -> None:
    """Stand still where the fault is not the record's: a freeze, a limit, a part that does not answer.

    Raises:
        ImportWaits, ImportHeld: nothing of the batch is kept.
    """
    if limited_by:
        limits = mutator_plan(standing_of(call.caller.environment_id), call.mutator_id).policy.thresholds
        if len(call.items) > 1 or limited_by == limits.often_reason:
            raise ImportWaits("A limit of the mutator's policy is reached.")
    for result in results:
        if isinstance(result, GovernanceError) and result.kind == "unavailable":
            raise ImportWaits("A part that this needs does not answer.")
        if isinstance(result, Refused) and any(reason.startswith("freeze:") for reason in result.reasons):
            raise ImportHeld("Something that this writes is frozen.")


def _columns(call: BatchCall) -> frozenset[str]:
    plan = mutator_plan(standing_of(call.caller.environment_id), call.mutator_id)
    return frozenset(target.column.name for target in plan.targets)


def _told(error: GovernanceError, columns: frozenset[str]) -> tuple[str, str]:
    """Which field of a record is at fault, and why. A name that the record gives itself is not repeated."""
    field = error.field or ""
    if field.partition(".")[0] in columns or field in {"selector_values", "id"}:
        return field[:200], str(error)
    return "", "The record names a column that the mutator does not write." if field else str(error)


def _keep_faults(row: Import, faults: Sequence[tuple[int, str, str]]) -> None:
    """Count every bad record, keep the first ones."""
    room = max(settings.USERSTORE_IMPORT_FAULTS - row.failed, 0)
    row.failed += len(faults)
    for line, field, reason in faults[:room]:
        ImportFault.objects.create(environment_id=row.environment_id, source=row, line=line, field=field, reason=reason)
