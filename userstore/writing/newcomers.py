"""Subjects that a batch brings with it: created together, each only if its call goes through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from os import urandom
from uuid import UUID

from django.db import IntegrityError

from audit.recorder import append
from governance.actions.change import environment_resource
from governance.actions.graph_users import enter_users
from governance.authorization import Ask, Clearance, authorize
from governance.errors import Conflict, Invalid, Refused
from governance.identities import Caller
from keyring.actions import create_subject_keys
from keyring.keys import OpenKey
from keyring.places import cell_place
from keyring.walls import insert_columns, row_to_insert
from userstore import events
from userstore.models import Subject
from userstore.reading.opening import HANDLE_COLUMN
from userstore.writing.plan import MutatorPlan

_WRITTEN_ONCE = 2
"""The version of a subject that was created and written: nobody sees it in between."""


@dataclass(slots=True)
class Newcomers:
    """Subjects made just now, by public id; their opened keys by id; their handles in the book by public id."""

    subjects: dict[UUID, Subject] = field(default_factory=dict)
    keys: dict[UUID, OpenKey] = field(default_factory=dict)
    handles: dict[UUID, str] = field(default_factory=dict)

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
    # The calls themselves are counted against a quota already.
    authorize(caller, Ask("write", resource, units=0), standing=standing, now=now)


def made_newcomers(public_ids: Sequence[UUID], clearance: Clearance, *, now: datetime) -> Newcomers:
    """Make rows, keys, handles and objects of the graph, with a statement each; the caller holds the transaction.

    Raises:
        Conflict: one of the ids is taken: by somebody who was deleted, by another object, or since a moment.
    """
    made = Newcomers()
    if not public_ids:
        return made
    # Of many the constraint says that one is taken, and each is tried alone; of one it has to be known which way.
    if len(public_ids) == 1 and Subject.objects.filter(public_id=public_ids[0]).exists():
        raise Conflict(
            "A user with this id was deleted, and some of their values are still kept.",
            field="id",
            remedy="Take another id.",
        )
    environment_id = clearance.environment_id
    keys = create_subject_keys(environment_id=environment_id, count=len(public_ids))
    handles, sealed = [urandom(16) for _ in keys], []
    for public_id, key, handle in zip(public_ids, keys, handles, strict=True):
        sealed.append(key.opened.seal(handle, cell_place(environment_id, public_id, HANDLE_COLUMN, key.id)))
    shared = {"environment_id": environment_id, "organization_id": None, "region": "", "version": _WRITTEN_ONCE}
    moments = {"erased_at": None, "created_at": now, "updated_at": now}
    rows = {"public_id": public_ids, "key_id": [key.id for key in keys], "handle": sealed}
    try:
        numbers = insert_columns(Subject, rows, shared=shared | moments, returning=("public_id", "id"))
    except IntegrityError:
        raise Conflict("There is a user with this id.", field="id") from None
    enter_users(environment_id, public_ids=public_ids)
    number_of = dict(numbers)
    for public_id, key, handle, covered in zip(public_ids, keys, handles, sealed, strict=True):
        made.subjects[public_id] = row_to_insert(
            Subject,
            id=number_of[public_id],
            public_id=public_id,
            key_id=key.id,
            handle=covered,
            **shared,
            **moments,
        )
        made.keys[key.id] = key.opened
        made.handles[public_id] = handle.hex()
    return made


def record_newcomers(handles: Iterable[str], clearance: Clearance) -> None:
    """Put on record who is new."""
    append(
        events.SUBJECT_CREATED,
        environment_id=clearance.environment_id,
        actor=clearance.caller.actor,
        facts={"subjects": list(handles)},
        decision_id=clearance.decision_id,
    )
