"""Notes that scripts leave: sealed apart from the book, read on record, forgotten after some weeks."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from audit.actors import SYSTEM
from audit.recorder import append
from governance import events
from governance.actions.change import clearance_for
from governance.errors import NotFound
from governance.identities import Caller
from governance.models import Environment, ScriptNote
from keyring.walls import in_environment


def leave_note(caller: Caller | None, *, environment_id: UUID, text: str, now: datetime) -> UUID:
    """Seal what a script says and name the note in the book; both commit with the call that the script decides about.

    Args:
        caller: whose call it is; None where a text is only tried out.
    """
    with in_environment(environment_id):
        note = ScriptNote.objects.create(environment_id=environment_id, text=text, noted_at=now)
        append(
            events.SCRIPT_NOTED,
            environment_id=environment_id,
            actor=caller.actor if caller else SYSTEM,
            facts={"note": note.id},
        )
    return note.id


def read_note(caller: Caller, *, note_id: UUID, now: datetime) -> str:
    """Open a note for somebody who may read the book; the book says so.

    Raises:
        Refused: the caller may not; on record.
        NotFound: there is none, or its time was over.
    """
    clearance = clearance_for(caller, "audit", events.SCRIPT_NOTE_READ, now=now)
    with in_environment(caller.environment_id):
        note = ScriptNote.objects.filter(pk=note_id).first()
        if note is None or note.text is None:
            raise NotFound("There is no such note, or its time was over.", field="note")
        append(
            events.SCRIPT_NOTE_READ,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"note": note.id},
            decision_id=clearance.decision_id,
        )
        return note.text.reveal()


def forget_notes(*, now: datetime) -> int:
    """Forget notes whose time is over, in every environment; returns how many."""
    until = now - timedelta(days=settings.GOVERNANCE_SCRIPT_NOTE_DAYS)
    forgotten = 0
    for environment_id in Environment.objects.values_list("pk", flat=True):
        with in_environment(environment_id):
            forgotten += ScriptNote.objects.filter(noted_at__lt=until).delete()[0]
    return forgotten
