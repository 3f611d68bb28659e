"""Taking in the file of an import: sealed as it comes, never on a disk."""

from __future__ import annotations

import hashlib
from datetime import datetime
from hmac import compare_digest
from typing import ClassVar, Protocol
from uuid import UUID

from django.conf import settings

from audit.recorder import append
from governance.actions.seeing import must_see_definitions
from governance.identities import Caller
from governance.models import Environment
from keyring.walls import in_environment
from userstore import events
from userstore.actions.importing.advancing import caller_of
from userstore.actions.importing.ending import actor_of
from userstore.actions.importing.pieces import PieceWriter
from userstore.actions.importing.summoning import summon_worker
from userstore.errors import Conflict, Invalid, NotFound, StoreError
from userstore.importing.seeing import import_of, locked
from userstore.models import Import
from userstore.models.imports import AWAITED, RUNNING

_RECEIVED_AT_ONCE = 65_536


class TooLong(StoreError):
    """A file is longer than what is received."""

    kind: ClassVar[str] = "too_large"


class Receiving(Protocol):
    """A body that is read bit by bit."""

    def read(self, size: int, /) -> bytes: ...


def take_in(caller: Caller, *, import_id: UUID, offset: int, content: Receiving, now: datetime) -> Import:
    """Append a body to the file of an import: all of it, or nothing where it breaks off.

    Args:
        offset: how much of the file is there already, so that no part comes twice.

    Raises:
        NotFound: no such import of this caller.
        Conflict: another part is awaited, or none.
        TooLong: the file would be longer than `USERSTORE_IMPORT_BYTES`.
    """
    row = import_of(caller, import_id, now=now)
    if (row.by_kind, row.by_id) != (caller.kind, caller.id):
        raise Conflict("Somebody else asked for this import: its file is theirs to upload.")
    with in_environment(caller.environment_id):
        return _received(locked(row), offset, content, now=now)


def take_in_by_address(
    environment_id: UUID, *, import_id: UUID, secret: str, content: Receiving, now: datetime
) -> Import:
    """Take in a file from whoever knows its one-time address, once, and begin to import it.

    Raises:
        NotFound: there is no such address, or it was used, or its time is over; nothing tells which.
        Refused: whoever asked for the import may do nothing here any more.
        TooLong: the file is longer than `USERSTORE_IMPORT_BYTES`.
    """
    if not Environment.objects.filter(pk=environment_id).exists():
        raise _no_address()
    with in_environment(environment_id):
        row = Import.objects.select_for_update().filter(pk=import_id, state=AWAITED).first()
        good = row is not None and compare_digest(bytes(row.secret_digest), digest_of(secret))
        if row is None or not good or row.secret_until is None or row.secret_until < now:
            raise _no_address()
        must_see_definitions(caller_of(row), now=now)
        row.secret_digest = b""
        row = _received(row, 0, content, now=now)
        return begin_uploaded(row, now=now)


def begin_uploaded(row: Import, *, now: datetime) -> Import:
    """Let the steps of an import begin, whose file is here as a whole; the caller holds the transaction and the row."""
    if row.size == 0:
        raise Invalid("The file is empty.", remedy="Upload it first.")
    row.state, row.updated_at, row.secret_digest = RUNNING, now, b""
    row.save()
    append(
        events.IMPORT_UPLOADED,
        environment_id=row.environment_id,
        actor=actor_of(row),
        facts={"import": row.pk, "bytes": row.size},
    )
    summon_worker(row.environment_id, row.pk)
    return row


def digest_of(secret: str) -> bytes:
    """What is kept of the secret of a one-time address."""
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"sealbook-upload").digest()


def _received(row: Import, offset: int, content: Receiving, *, now: datetime) -> Import:
    if row.state != AWAITED or not row.is_kept:
        raise Conflict(f"No file is awaited for this import: it is {row.state}.")
    if offset != row.size:
        raise Conflict(f"The next part of the file begins at byte {row.size}.", field="Upload-Offset")
    writer = PieceWriter(row)
    while received := content.read(_RECEIVED_AT_ONCE):
        writer.write(received)
        if writer.size > settings.USERSTORE_IMPORT_BYTES:
            raise TooLong(f"A file has at most {settings.USERSTORE_IMPORT_BYTES:,} bytes.")
    writer.finish()
    row.size, row.updated_at = writer.size, now
    row.save()
    return row


def _no_address() -> NotFound:
    return NotFound("There is no such address, or its time is over.", remedy="Ask for a new one.")
