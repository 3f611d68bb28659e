"""Erasing again whom a restored backup, or a process that died, left in the database."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from audit.recorder import append
from governance.errors import Conflict
from governance.identities import system_caller
from governance.models import Environment
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from userstore import events
from userstore.actions.deletion import refuse_held_subject
from userstore.actions.destroying import destroy
from userstore.actions.erasing import keep_erasure, ledger, serialise_erasures
from userstore.erasure.errors import LedgerUnusable
from userstore.erasure.ledger import Ledger, Tombstone
from userstore.erasure.remains import facts_of
from userstore.models import Erasure, Subject
from userstore.retention.holding import holds_of
from userstore.writing.keys import handle_of, subject_key
from userstore.writing.storing import Pen


def replay_erasures(*, now: datetime | None = None) -> int:
    """Erase again whoever the ledger says was erased and this database still has; return how many there were.

    To be called before anything is served. A restored backup is older than some lines of the ledger; so is a database
    whose process died after it had written a line and before the erasure committed, which this completes.

    Raises:
        LedgerUnusable: a line is damaged, lines that this database knows of are missing, or a legal hold that came
            back with the backup stands against an erasure.
    """
    now, book = now or timezone.now(), ledger()
    tombstones, last = book.read()
    erased = 0
    for environment_id in Environment.objects.values_list("pk", flat=True):
        with in_environment(environment_id):
            serialise_erasures()
            _must_have_every_line(last)
            known = set(Erasure.objects.values_list("public_id", flat=True))
        missing = [
            line for line in tombstones if line.environment_id == environment_id and line.erasure_id not in known
        ]
        erased += sum(_replay(book, line, now=now) for line in missing)
    return erased


def _must_have_every_line(last: int) -> None:
    known = Erasure.objects.aggregate(last=Max("number"))["last"] or 0
    if known > last:
        raise LedgerUnusable(
            f"The ledger of erasures ends at line {last}; this database knows of line {known}.",
            remedy="Put the newest copy of the ledger where SEALBOOK_TOMBSTONES says.",
        )


def _replay(book: Ledger, line: Tombstone, *, now: datetime) -> int:
    """Erase one person again, in a transaction of its own; 0 where this database does not have them."""
    caller = system_caller(line.environment_id)
    with in_environment(line.environment_id):
        serialise_erasures()
        if Erasure.objects.filter(public_id=line.erasure_id).exists():
            return 0
        subject = Subject.objects.select_for_update().filter(pk=line.subject).first()
        handle = handle_of(subject, subject_key(subject)) if subject else ""
        is_back = subject is not None and book.mark_of(line.environment_id, bytes.fromhex(handle)) == line.mark
        if subject is not None and is_back:
            standing = fresh_standing_of(line.environment_id)
            _refuse_held(subject, line.erasure_id, now=now)
            remains = destroy(subject, Pen(standing, caller.actor, now, "erased again"))
            append(
                events.SUBJECT_ERASED,
                environment_id=line.environment_id,
                actor=caller.actor,
                facts={"subjects": [handle], "erasure": line.erasure_id, "repeated": True, **facts_of(remains)},
            )
        keep_erasure(line.erasure_id, caller, number=line.number, now=now)
    return int(is_back)


def _refuse_held(subject: Subject, erasure_id: UUID, *, now: datetime) -> None:
    try:
        refuse_held_subject(subject, holds_of(fresh_standing_of(subject.environment_id)), now=now)
    except Conflict:
        raise LedgerUnusable(
            f"A legal hold in this backup stands against erasure {erasure_id}, which took place after it.",
            remedy="Release the hold, then start again.",
        ) from None
