"""What erasing a person leaves of requests and tickets that named them: how many people it was, and nobody."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from governance.actions.change import raise_epoch
from governance.drafts.differences import SOMEBODY
from governance.models import (
    AccessRequest,
    Environment,
    MarkedSubject,
    ProtectedChange,
    RequestedSubject,
    StaffMember,
    Ticket,
)


def unlink_subject(subject_id: UUID, *, environment_id: UUID) -> None:
    """Take a person out of every request and ticket; the caller holds the environment's transaction.

    A grant that named them opens nothing of somebody who gets the same id later.
    """
    # Steps of temporary access hold this row from their check of who is there until they commit.
    Environment.objects.select_for_update().get(pk=environment_id)
    named, _ = RequestedSubject.objects.filter(subject_id=subject_id).delete()
    Ticket.objects.filter(subject_id=subject_id).update(subject_id=None)
    AccessRequest.objects.filter(ticket_subject_id=subject_id).update(ticket_subject_id=None)
    StaffMember.objects.filter(own_record=subject_id).update(own_record=None)
    MarkedSubject.objects.filter(subject_id=subject_id).delete()
    _forget_proposals(str(subject_id))
    if named:
        raise_epoch(environment_id)


def _forget_proposals(person: str) -> None:
    """Take a person out of what waits for a second person; it is another change then, which nobody can approve."""
    about_people = ProtectedChange.objects.filter(action__in=("mark_subject", "lift_mark"))
    for change in about_people.filter(state=ProtectedChange.PROPOSED).select_for_update():
        told: Any = change.differences
        if person in (text := told.reveal()):
            change.arguments, change.differences = json.dumps({}), text.replace(person, SOMEBODY)
            change.save(update_fields=["arguments", "differences"])
