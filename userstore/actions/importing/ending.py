"""How an import stands still, goes on and ends. When it ends, the key of its file is destroyed with the file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from audit.actors import Actor
from audit.recorder import append
from governance.identities import Caller
from governance.provenance.workload import Workload, read_workload
from keyring.actions import destroy_key
from keyring.walls import in_environment
from userstore import events
from userstore.errors import NotFound
from userstore.models import Import, ImportPiece
from userstore.models.imports import HELD, RUNNING

_LONGEST_REASON = 300


def hold_import(
    environment_id: UUID, import_id: UUID, why: str, *, reasons: Sequence[str] = (), now: datetime
) -> Import:
    """Let an import stand still, so that everybody sees why; return its row.

    Raises:
        NotFound: there is no such import.
    """
    with in_environment(environment_id):
        row = Import.objects.select_for_update().filter(pk=import_id).first()
        if row is None:
            raise NotFound("There is no such import.")
        if row.state != RUNNING:
            return row
        row.state, row.held_because, row.updated_at = HELD, why[:_LONGEST_REASON], now
        row.save()
        append(
            events.IMPORT_HELD,
            environment_id=environment_id,
            actor=actor_of(row),
            facts={
                "import": row.pk,
                "position": row.position,
                "records": row.records,
                "reasons": list(reasons) or [row.held_because],
            },
            outcome="refused" if reasons else "failed",
        )
    return row


def end_import(row: Import, state: str, *, now: datetime, caller: Caller | None = None) -> Import:
    """End an import for good: its file is destroyed with its key. The caller holds the transaction and the row."""
    row.state, row.ended_at, row.updated_at = state, now, now
    row.held_because, row.secret_digest = "", b""
    if row.key_id is not None:
        ImportPiece.objects.filter(source=row).delete()
        destroy_key(environment_id=row.environment_id, key_id=row.key_id)
        row.key_id = None
    row.save()
    append(
        events.IMPORT_ENDED,
        environment_id=row.environment_id,
        actor=caller.actor if caller else actor_of(row),
        facts={
            "import": row.pk,
            "outcome": state,
            "records": row.records,
            "effective": row.effective,
            "failed": row.failed,
            "users": row.users_created,
            "values": row.values_written,
        },
    )
    return row


def actor_of(row: Import) -> Actor:
    """Who asked for an import, as the book names them."""
    workload = workload_of(row)
    return Actor(row.by_kind, row.by_id, workload.build if workload is not None else None)


def workload_of(row: Import) -> Workload | None:
    """Which program asked for an import, where somebody vouched for it."""
    return read_workload(row.workload) if row.workload is not None else None
