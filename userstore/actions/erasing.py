"""Erasing people, and erasing them again where an older backup brought them back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from audit.actors import Actor
from audit.recorder import append
from governance.actions.clearing import cleared
from governance.authorization import Clearance
from governance.events import ROOT_REWRAPPED
from governance.identities import Caller
from governance.standing import fresh_standing_of
from keyring.kms import providers
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from userstore import events
from userstore.actions.deletion import refuse_held_subject
from userstore.actions.destroying import destroy
from userstore.erasure.ledger import Ledger
from userstore.erasure.receipts import Signer, receipt_body
from userstore.erasure.remains import Remains, facts_of
from userstore.errors import NotFound
from userstore.models import Erasure, Subject
from userstore.retention.holding import holds_of
from userstore.writing.keys import handle_of, subject_key
from userstore.writing.storing import Pen

_LOCK = 733202


@dataclass(frozen=True, slots=True)
class Erased:
    """An erasure that took place, with its receipt, and the decision that allowed it."""

    erasure: Erasure
    remains: Remains
    decision_id: UUID | None


def ledger() -> Ledger:
    """Return the installation's ledger of erasures."""
    return Ledger(Path(settings.USERSTORE_TOMBSTONES))


def erase_subject(caller: Caller, *, subject_id: UUID, now: datetime | None = None) -> Erased:
    """Erase a person, deleted or not: key, handle, values, index entries, tokens and password are destroyed.

    What a law obliges to keep stays under a key of its own, and the receipt names it. The ledger outside the database
    has the erasure on disk before it commits, so that no restored backup brings the person back.

    Raises:
        NotFound: there is no such subject.
        Conflict: a legal hold keeps something of it; the refusal is on record.
        LedgerUnusable: the ledger cannot be written; nothing was erased.
    """
    now, erasure_id, signer = now or timezone.now(), uuid4(), Signer.newest()
    with (
        _abandoned_unless_committed(erasure_id, caller.environment_id, now=now) as written,
        cleared(caller, "erase", events.SUBJECT_ERASED, now=now) as clearance,
    ):
        subject = Subject.objects.select_for_update().filter(public_id=subject_id).first()
        if subject is None:
            raise NotFound("There is no such user.", field="id")
        refuse_held_subject(subject, holds_of(clearance.standing), now=now)
        return _erase(caller, subject, erasure_id, now=now, clearance=clearance, signer=signer, written=written)


def rewrap_ledger(actor: Actor) -> bool:
    """Wrap the ledger's key again, as `governance.actions.root_keys.rewrap_root` does those of environments.

    Returns whether there is a ledger.

    Raises:
        LedgerUnusable: the ledger is damaged or cannot be written; it stays as it was.
        KmsUnavailable: a provider cannot be asked; nothing has changed.
    """
    with in_environment(SYSTEM_ENVIRONMENT):
        append(
            ROOT_REWRAPPED,
            environment_id=SYSTEM_ENVIRONMENT,
            actor=actor,
            facts={"provider": providers()[0].name, "ledger": True},
        )
        return ledger().rewrap()


@contextmanager
def _abandoned_unless_committed(erasure_id: UUID, environment_id: UUID, *, now: datetime) -> Iterator[list[int]]:
    """Take a line back whose erasure failed; yields where the number of the line is noted.

    Only where the database says so: while nobody knows whether a commit came through, the line stands, and the next
    start completes the erasure.
    """
    written: list[int] = []
    try:
        yield written
    except BaseException:
        if written:
            with in_environment(environment_id):
                committed = Erasure.objects.filter(public_id=erasure_id).exists()
            if not committed:
                ledger().abandon(erasure_id=erasure_id, at=now)
        raise


def _erase(
    caller: Caller,
    subject: Subject,
    erasure_id: UUID,
    *,
    now: datetime,
    clearance: Clearance,
    signer: Signer,
    written: list[int],
) -> Erased:
    handle, pk = handle_of(subject, subject_key(subject)), subject.pk
    remains = destroy(subject, Pen(fresh_standing_of(caller.environment_id), caller.actor, now, "user erased"))
    entry_id = append(
        events.SUBJECT_ERASED,
        environment_id=caller.environment_id,
        actor=caller.actor,
        facts={"subjects": [handle], "erasure": erasure_id, **facts_of(remains)},
        decision_id=clearance.decision_id,
    )
    body = receipt_body(
        remains,
        receipt=erasure_id,
        environment=caller.environment_id,
        erased_at=now.isoformat(),
        decision=clearance.decision_id,
        entry=entry_id,
    )
    receipt = signer.sign(body)
    serialise_erasures()
    number = ledger().record(
        erasure_id=erasure_id,
        environment_id=caller.environment_id,
        subject=pk,
        handle=bytes.fromhex(handle),
        at=now,
    )
    written.append(number)
    row = keep_erasure(erasure_id, caller, number=number, now=now, receipt=receipt)
    return Erased(row, remains, clearance.decision_id)


def serialise_erasures() -> None:
    """Let one transaction at a time have written to the ledger and not yet committed: a start that replays waits."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


def keep_erasure(erasure_id: UUID, caller: Caller, *, number: int, now: datetime, receipt: str = "") -> Erasure:
    """Keep that this database knows of an erasure; must run in its transaction."""
    return Erasure.objects.create(
        environment_id=caller.environment_id,
        public_id=erasure_id,
        number=number,
        receipt=receipt,
        erased_by=caller.actor.id,
        erased_at=now,
        is_repeated=not receipt,
    )
