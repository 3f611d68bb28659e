"""Imports of files: asking for one, beginning and resuming, cancelling, forgetting. Steps: `userstore.importing`."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from audit.events import EventKind
from audit.recorder import append
from governance.actions.change import refusal_on_record
from governance.actions.seeing import must_see_definitions
from governance.authorization import authorize
from governance.identities import Caller
from governance.models import Environment
from governance.standing import fresh_standing_of
from keyring.actions import create_key
from keyring.keys import KeyKind
from keyring.walls import in_environment
from userstore import events
from userstore.actions.importing.ending import end_import
from userstore.actions.importing.summoning import summon_worker
from userstore.actions.uploads import begin_uploaded, digest_of
from userstore.errors import Conflict, NotFound
from userstore.importing.instructions import Instructions, instructions_of
from userstore.importing.opening import opened
from userstore.importing.seeing import import_of, locked
from userstore.importing.sketch import redrawn
from userstore.importing.sources import SealedPieces
from userstore.models import Import, ImportFault
from userstore.models.imports import AWAITED, CANCELLED, ENDED, HELD, RUNNING
from userstore.writing.newcomers import must_create
from userstore.writing.plan import ask_of, mutator_plan

_RECEIVED_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class AskedImport:
    """A new import, the decision that allowed it, and the secret of its one-time address where it has one."""

    row: Import
    decision_id: UUID | None
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A bad record: where it stands, which field, and why."""

    line: int
    field: str
    reason: str


def ask_import(caller: Caller, *, instructions: Instructions, now: datetime) -> AskedImport:
    """Ask for an import whose file is uploaded next.

    Raises:
        NotFound: no such mutator or purpose.
        Invalid: users shall be created, and the mutator does not select one by id.
        Refused: the caller may not write through this mutator; on record.
    """
    return _asked(caller, instructions, now=now, row=Import(is_kept=True))


def ask_import_by_address(caller: Caller, *, instructions: Instructions, now: datetime) -> AskedImport:
    """Ask for an import whose file comes to a one-time address, from whoever knows it.

    Raises:
        Refused: the caller may not write through anything here; on record.
    """
    secret = secrets.token_urlsafe(32)
    until = now + timedelta(minutes=settings.USERSTORE_UPLOAD_MINUTES)
    row = Import(is_kept=True, secret_digest=digest_of(secret), secret_until=until)
    asked = _asked(caller, instructions, now=now, row=row)
    return AskedImport(asked.row, asked.decision_id, secret)


def begin_import_in_place(
    caller: Caller, *, instructions: Instructions, size: int, mark: bytes, now: datetime
) -> AskedImport:
    """Begin to import a file that stays where it is and is known again by its mark.

    Raises:
        NotFound, Invalid, Refused: as `ask_import`.
    """
    return _asked(caller, instructions, now=now, row=Import(is_kept=False, state=RUNNING, size=size, mark=mark))


def lay_out_import(
    caller: Caller, *, import_id: UUID, columns: Sequence[str], selecting: Sequence[int], now: datetime
) -> Import:
    """Say where the fields of an uploaded file go, before it is begun.

    Args:
        columns: for each field of the file the column it goes into, "" for none.
        selecting: for each `?` of the mutator's selector the position of its field, from 1; 0 for none.

    Raises:
        NotFound: no such import of this caller.
        Conflict: somebody else asked for it, its file is not here, or it was begun.
        Invalid: a column that there is not, or one for two fields.
        FileUnfit: a column or a value of the selector gets no field.
    """
    row = import_of(caller, import_id, now=now)
    if (row.by_kind, row.by_id) != (caller.kind, caller.id):
        raise Conflict("Somebody else asked for this import: where its fields go is theirs to say.")
    with in_environment(caller.environment_id):
        row = locked(row)
        if row.state != AWAITED or not row.size:
            raise Conflict("Fields are laid out once the file is here, and before it is imported.")
        chosen = redrawn(row, columns, selecting)
        opened(row, SealedPieces(row), asked=chosen.asked)
        row.instructions, row.updated_at = chosen.asked.written(), now
        row.save(update_fields=["instructions", "updated_at"])
        facts = {"import": row.pk, "fields": len(columns), "left_out": columns.count("")}
        _append(events.IMPORT_LAID_OUT, caller, facts)
        return row


def run_import(caller: Caller, *, import_id: UUID, now: datetime) -> Import:
    """Begin to import a file that is here as a whole, or go on with one that stands still.

    Raises:
        NotFound: no such import of this caller.
        Conflict: it is under way or has ended.
        Refused: the caller may not write through its mutator; on record.
    """
    row = import_of(caller, import_id, now=now)
    asked = instructions_of(row)
    _clear(caller, asked, events.IMPORT_RESUMED, now=now)
    with in_environment(caller.environment_id):
        row = locked(row)
        if row.state == AWAITED:
            return begin_uploaded(row, now=now)
        if row.state != HELD:
            raise Conflict(f"This import is {row.state}.")
        row.state, row.held_because, row.updated_at = RUNNING, "", now
        row.save()
        _append(events.IMPORT_RESUMED, caller, {"import": row.pk, "position": row.position})
        if row.is_kept:
            summon_worker(row.environment_id, row.pk)
        return row


def cancel_import(caller: Caller, *, import_id: UUID, now: datetime) -> Import:
    """End an import and destroy its file; what it wrote stays.

    Raises:
        NotFound: no such import of this caller.
        Conflict: it has ended.
    """
    row = import_of(caller, import_id, now=now)
    with in_environment(caller.environment_id):
        row = locked(row)
        if row.state in ENDED:
            raise Conflict(f"This import is {row.state}.")
        return end_import(row, CANCELLED, now=now, caller=caller)


def report_of(caller: Caller, import_id: UUID, *, now: datetime) -> list[Fault]:
    """Return the bad records of an import by their lines, the first `USERSTORE_IMPORT_FAULTS` of them.

    Raises:
        NotFound: no such import of this caller.
    """
    row = import_of(caller, import_id, now=now)
    with in_environment(caller.environment_id):
        found = ImportFault.objects.filter(source=row).order_by("line", "field")
        faults = [Fault(one.line, one.field, one.reason.reveal() if one.reason else "") for one in found]
        _append(events.IMPORT_REPORTED, caller, {"import": row.pk, "faults": len(faults)})
    return faults


def forget_imports(*, now: datetime) -> int:
    """Delete imports whose time is over, with the files that nobody came to import; return how many."""
    before, forgotten = now - timedelta(days=settings.USERSTORE_IMPORT_DAYS), 0
    for environment_id in Environment.objects.values_list("pk", flat=True):
        with in_environment(environment_id):
            for row in _outlived(before, now):
                if row.state not in ENDED:
                    end_import(row, CANCELLED, now=now)
                forgotten += bool(row.delete()[0])
    return forgotten


def _outlived(before: datetime, now: datetime) -> Iterator[Import]:
    rows = Import.objects.select_for_update(skip_locked=True).exclude(state=RUNNING, is_kept=True)
    yield from rows.filter(updated_at__lt=before)
    yield from rows.filter(state=AWAITED, secret_until__lt=now - timedelta(days=1), updated_at__gte=before)


def _asked(caller: Caller, asked: Instructions, *, now: datetime, row: Import) -> AskedImport:
    decision_id = _clear(caller, asked, events.IMPORT_ASKED, now=now)
    row.environment_id, row.by_kind, row.by_id = caller.environment_id, caller.kind, caller.id
    row.workload = caller.workload.claims if caller.workload is not None else None
    row.mutator_id, row.format = asked.mutator_id, asked.format
    row.created_at = row.updated_at = now
    row.instructions = asked.written()
    with in_environment(caller.environment_id):
        if row.is_kept:
            scope = str(row.pk)
            row.key_id = create_key(environment_id=caller.environment_id, kind=KeyKind.UPLOAD, scope=scope).id
        row.save(force_insert=True)
        facts = {
            "import": row.pk,
            "mutator": asked.mutator_id,
            "format": asked.format,
            "purposes": list(asked.purposes),
            "creates": asked.creates,
        }
        _append(events.IMPORT_ASKED, caller, facts, decision_id)
    return AskedImport(row, decision_id)


def _clear(caller: Caller, asked: Instructions, event: EventKind, *, now: datetime) -> UUID | None:
    """Decide whether the caller may write what the import writes; each batch is decided again.

    A file that names its mutator itself is decided on batch by batch alone.
    """
    if asked.mutator_id is None:
        must_see_definitions(caller, now=now)
        return None
    standing = fresh_standing_of(caller.environment_id)
    try:
        plan = mutator_plan(standing, asked.mutator_id)
    except NotFound:
        must_see_definitions(caller, now=now)  # who may nothing here does not learn what there is
        raise
    with refusal_on_record(event, caller):
        clearance = authorize(caller, ask_of(plan), standing=standing, now=now)
        if asked.creates:
            must_create(caller, plan, now=now)
    if not standing.purposes.keys() >= set(asked.purposes):
        raise NotFound("There is no such purpose.", field="purposes")
    return clearance.decision_id


def _append(event: EventKind, caller: Caller, facts: dict[str, Any], decision_id: UUID | None = None) -> None:
    append(event, environment_id=caller.environment_id, actor=caller.actor, facts=facts, decision_id=decision_id)
