"""Subjects that a batch brings with it: created together, each only if its call goes through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from os import urandom
from uuid import UUID

from django.db import IntegrityError, connection

from audit.recorder import append
from governance.actions.change import environment_resource
from governance.actions.graph_users import enter_users
from governance.authorization import Ask, Clearance, authorize
from governance.errors import Conflict, Invalid, Refused
from governance.identities import Caller
from keyring.actions import create_subject_keys
from keyring.keys import OpenKey
from keyring.places import cell_place
from keyring.walls import insert_many, row_to_insert
from userstore import events
from userstore.models import Subject
from userstore.reading.opening import HANDLE_COLUMN
from userstore.writing.plan import MutatorPlan


@dataclass(slots=True)
class Newcomers:
    """Subjects made just now, by public id; their opened keys by id; their handles in the book."""

    subjects: dict[UUID, Subject] = field(default_factory=dict)
    keys: dict[UUID, OpenKey] = field(default_factory=dict)
    handles: list[str] = field(default_factory=list)

    def must_be_among(self, admitted: Iterable[Subject], clearance: Clearance) -> None:
        """Return if all of them were admitted.

        Raises:
            Refused: the mutator's policy spares one of them: nobody is created whose values may not be written.
        """
        if self.subjects and not self.subjects.keys() <= {subject.public_id for subject in admitted}:
            raise Refused("The mutator's policy does not admit this call.", decision_id=clearance.decision_id)


def must_create(caller: Caller, plan: MutatorPlan, *, now: datetime) -> None:
    """Return if the caller may create subjects through this mutator.

    Raises:
        Invalid: the mutator's selector is not `{id} = ?`.
        Refused: the caller may not write in this environment.
    """
    if "".join(plan.selector_text.split()) != "{id}=?":
        raise Invalid(
            "Only a mutator with the selector {id} = ? can create a user.",
            field="mutator_id",
            remedy="Choose another mutator.",
        )
    standing = plan.standing
    resource = environment_resource(standing.environment_id, standing.environment_name)
    authorize(caller, Ask("write", resource), standing=standing, now=now)


def made_newcomers(public_ids: Sequence[UUID], clearance: Clearance, *, now: datetime) -> Newcomers:
    """Make rows, keys, handles and objects of the graph, with a statement each; the caller holds the transaction.

    Raises:
        Conflict: one of the ids is taken: by somebody who was deleted, by another object, or since a moment.
    """
    made = Newcomers()
    if not public_ids:
        return made
    if _numbers(public_ids):
        raise Conflict(
            "A user with this id was deleted, and some of their values are still kept.",
            field="id",
            remedy="Take another id.",
        )
    environment_id, rows = clearance.environment_id, []
    keys = create_subject_keys(environment_id=environment_id, count=len(public_ids))
    for public_id, key in zip(public_ids, keys, strict=True):
        handle = urandom(16)
        place = cell_place(environment_id, public_id, HANDLE_COLUMN, key.id)
        rows.append(
            row_to_insert(
                Subject,
                id=None,
                environment_id=environment_id,
                public_id=public_id,
                key_id=key.id,
                handle=key.opened.seal(handle, place),
                organization_id=None,
                region="",
                version=1,
                erased_at=None,
                created_at=now,
                updated_at=now,
            )
        )
        made.keys[key.id] = key.opened
        made.handles.append(handle.hex())
    try:
        insert_many(rows)
    except IntegrityError:
        raise Conflict("There is a user with this id.", field="id") from None
    enter_users(environment_id, public_ids=public_ids)
    numbers = _numbers(public_ids)
    for row in rows:
        row.pk = numbers[row.public_id]
        made.subjects[row.public_id] = row
    return made


def _numbers(public_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The keys of the subjects with these ids; one array, since a thousand parameters take longer than the look-up."""
    with connection.cursor() as cursor:
        cursor.execute("select public_id, id from userstore_subject where public_id = any(%s)", [list(public_ids)])
        return dict(cursor.fetchall())


def record_newcomers(handles: Sequence[str], clearance: Clearance) -> None:
    """Put on record who is new."""
    append(
        events.SUBJECT_CREATED,
        environment_id=clearance.environment_id,
        actor=clearance.caller.actor,
        facts={"subjects": list(handles)},
        decision_id=clearance.decision_id,
    )
