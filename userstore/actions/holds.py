"""Placing and releasing legal holds. Both act at once everywhere and wait for no second person."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from governance.actions.change import Change, containment
from governance.identities import Caller
from governance.models import Purpose
from userstore import events
from userstore.errors import Invalid, NotFound
from userstore.models import Column, LegalHold, Subject
from userstore.writing.keys import handle_of, subject_key

M = TypeVar("M", Column, Purpose)
LONGEST_REASON = 2000


def place_hold(
    caller: Caller,
    *,
    reason: str,
    subject_id: UUID | None = None,
    column_id: UUID | None = None,
    purpose_id: UUID | None = None,
    ends_at: datetime | None = None,
) -> LegalHold:
    """Keep what subject, column and purpose mean together from being destroyed, whoever asks, until it is released.

    The reason is sealed. Nobody can read more than before.

    Raises:
        Invalid: nothing is named, no reason is given, or the end is over.
        NotFound: there is no such subject, column or purpose.
    """
    reason = reason.strip()
    if subject_id is None and column_id is None and purpose_id is None:
        raise Invalid("A hold is on a user, a column or a purpose, or on several of them together.", field="user_id")
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid(f"A hold needs a reason of up to {LONGEST_REASON} characters.", field="reason")
    with containment(caller, events.HELD) as change:
        if ends_at is not None and ends_at <= change.now:
            raise Invalid("The end of a hold lies in the future.", field="ends_at")
        hold = LegalHold.objects.create(
            environment_id=caller.environment_id,
            subject=_subject(subject_id),
            column=_named(Column, column_id, "column"),
            purpose=_named(Purpose, purpose_id, "purpose"),
            ends_at=ends_at,
            held_by=caller.actor.id,
            held_at=change.now,
        )
        hold.reason = reason  # sealed for its row, so the row has to be there first
        hold.save(update_fields=["reason"])
        _tell(change, hold)
        change.facts["until"] = ends_at
    return hold


def release_hold(caller: Caller, *, hold_id: UUID) -> LegalHold:
    """Release a hold: what it kept goes the way that everything goes, with the next purge.

    Raises:
        NotFound: there is no such hold, or it was released already.
    """
    with containment(caller, events.RELEASED) as change:
        hold = LegalHold.objects.select_for_update(of=("self",)).filter(public_id=hold_id, released_at=None).first()
        if hold is None:
            raise NotFound("There is no such hold.", field="hold")
        hold.released_at, hold.released_by = change.now, caller.actor.id
        hold.save(update_fields=["released_at", "released_by"])
        _tell(change, hold)
    return hold


def _tell(change: Change, hold: LegalHold) -> None:
    subject = hold.subject
    change.facts.update(
        hold=hold.public_id,
        subjects=[handle_of(subject, subject_key(subject))] if subject else [],
        column=hold.column.name if hold.column else None,
        purpose=hold.purpose.name if hold.purpose else None,
    )


def _subject(public_id: UUID | None) -> Subject | None:
    """Find a subject, locked, so that nobody deletes it meanwhile; of a deleted one something may still be kept."""
    if public_id is None:
        return None
    found = Subject.objects.select_for_update().filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such user.", field="user_id")
    return found


def _named(model: type[M], public_id: UUID | None, what: str) -> M | None:
    if public_id is None:
        return None
    found = model._default_manager.filter(public_id=public_id).first()
    if found is None:
        raise NotFound(f"There is no such {what}.", field=f"{what}_id")
    return found
