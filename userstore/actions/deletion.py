"""Deleting subjects, which keeps what retention and holds say; `erasing` keeps only what a law obliges to keep."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from audit.recorder import append
from governance.actions.clearing import cleared
from governance.actions.graph_users import remove_user
from governance.actions.unlinking import unlink_subject
from governance.identities import Caller
from governance.standing import fresh_standing_of
from keyring.actions import destroy_key
from userstore import events
from userstore.definitions import definitions_of
from userstore.erasure.parting import part
from userstore.errors import Conflict, NotFound
from userstore.models import Credential, Subject, Token, Value
from userstore.models.subjects import LIVE
from userstore.retention.holding import Holds
from userstore.writing.ending import end_lapsed, end_values
from userstore.writing.keys import handle_of, subject_key
from userstore.writing.storing import Pen, without_form


def delete_subject(caller: Caller, *, subject_id: UUID, now: datetime | None = None) -> UUID:
    """Delete a subject: from the commit on there is no such user. Returns the decision's id.

    Its tokens and its place in the graph are destroyed, and its values as far as no retention of deleted values and no
    legal hold keeps them. What is kept is for accessors of deleted values alone, and the purge destroys it when its
    time is over; with the last of it, or at once where nothing is kept, the subject's key is destroyed.

    Raises:
        NotFound: there is no such subject.
    """
    now = now or timezone.now()
    with cleared(caller, "erase", events.SUBJECT_DELETED, now=now) as clearance:
        unlink_subject(subject_id, environment_id=caller.environment_id)
        subject = _locked(Subject.objects.filter(erased_at=None), subject_id)
        handle = handle_of(subject, subject_key(subject))
        tokens, _ = Token.objects.filter(subject=subject).delete()
        edges = remove_user(subject_id)
        part(caller.environment_id, subject_id)
        Credential.objects.filter(subject=subject).delete()
        pen = Pen(fresh_standing_of(caller.environment_id), caller.actor, now, "user deleted")
        ended = _end_everything(pen, subject)
        subject.erased_at = now
        subject.save(update_fields=["erased_at"])
        if not is_needed(subject, pen.holds, now=now):
            destroy_subject(subject)
        append(
            events.SUBJECT_DELETED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"subjects": [handle], "values": ended, "tokens": tokens, "edges": edges, **_kept_of(subject, pen)},
            decision_id=clearance.decision_id,
        )
    return clearance.decision_id


def is_needed(subject: Subject, holds: Holds, *, now: datetime) -> bool:
    """Say whether the row and the key of a deleted subject have to stay: for values that are kept, or for a hold."""
    return Value.objects.filter(subject=subject).exists() or holds.keep_subject(subject.pk, now=now)


def destroy_subject(subject: Subject) -> None:
    """Destroy a subject without values with its key; the caller holds the transaction and records it."""
    destroy_key(environment_id=subject.environment_id, key_id=subject.key_id)
    subject.delete()


def refuse_held_subject(subject: Subject, holds: Holds, *, now: datetime) -> None:
    """Refuse to destroy a subject of which a legal hold keeps something."""
    values = Value.objects.filter(subject=subject).values_list("column_id", "purposes")
    if holds.keep_subject(subject.pk, now=now) or any(
        holds.keep(subject.pk, column, purposes, now=now) for column, purposes in values
    ):
        raise Conflict(
            "A legal hold keeps values of this user.",
            existing_id=subject.public_id,
            field="id",
            remedy="It has to be released first, or to end.",
        )


def _locked(subjects: QuerySet[Subject], subject_id: UUID) -> Subject:
    subject = subjects.select_for_update().filter(public_id=subject_id).first()
    if subject is None:
        raise NotFound("There is no such user.", field="id")
    return subject


def _end_everything(pen: Pen, subject: Subject) -> int:
    """End every live value of a subject, and return how many there were."""
    columns = definitions_of(pen.standing).by_pk
    rows = list(Value.objects.filter(subject=subject, state=LIVE).order_by("column_id", "ordinal"))
    for row in rows:
        column = columns[row.column_id]
        left = end_lapsed(pen, subject, subject_key, column, row)
        if left is not None:
            end_values(pen, subject, column, [without_form(left)])
    pen.flush()
    return len(rows)


def _kept_of(subject: Subject, pen: Pen) -> dict[str, int]:
    kept = Value.objects.filter(subject_id=subject.pk).count() if subject.pk else 0
    return {name: count for name, count in (("kept", kept), ("held", pen.held)) if count}
