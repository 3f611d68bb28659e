"""Creating and deleting subjects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from os import urandom
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from audit.recorder import append
from governance.actions.change import refusal_on_record
from governance.actions.clearing import cleared
from governance.actions.graph_users import enter_users
from governance.actions.organizations import owner_named
from governance.authorization import Clearance
from governance.identities import Caller
from governance.standing import standing_of
from keyring.actions import create_key
from keyring.keys import KeyKind
from keyring.places import cell_place
from keyring.walls import in_environment
from userstore import events
from userstore.actions.credentials import Login, hashed, keep_login
from userstore.errors import Conflict, Invalid, Refused
from userstore.models import Subject
from userstore.reading.calls import NO_CONTEXT, CallContext
from userstore.reading.opening import HANDLE_COLUMN
from userstore.regions import region_named
from userstore.writing.calls import NO_TERMS, ConsentTerms, MutatorCall
from userstore.writing.execute import Receipt, execute_mutator
from userstore.writing.keys import subject_key
from userstore.writing.plan import mutator_plan


@dataclass(frozen=True, slots=True)
class NewSubject:
    """A subject that was created, and the decision that allowed it."""

    public_id: UUID
    decision_id: UUID


def create_subject(
    caller: Caller,
    *,
    subject_id: UUID | None = None,
    organization_id: UUID | None = None,
    region: str = "",
    now: datetime | None = None,
) -> NewSubject:
    """Create a subject with a key and a handle of its own.

    Raises:
        Conflict: the id is taken; identical, since there is nothing else to compare.
        Invalid: there is no such region or organization.
        Refused: the caller may not write in this environment.
    """
    now = now or timezone.now()
    with cleared(caller, "write", events.SUBJECT_CREATED, now=now) as clearance:
        subject, handle = _created(caller.environment_id, subject_id, organization_id, region, now)
        _record_creation(clearance, handle)
    return NewSubject(subject.public_id, clearance.decision_id)


def create_subject_with_login(
    caller: Caller,
    *,
    login: Login,
    subject_id: UUID | None = None,
    organization_id: UUID | None = None,
    region: str = "",
    now: datetime | None = None,
) -> NewSubject:
    """Create a subject that has a user name and a password, both or neither.

    Raises:
        Conflict: the id or the user name is taken.
        Invalid: a user name or password that does not do, no such region or organization.
        Refused: the caller may not write in this environment.
    """
    now = now or timezone.now()
    with cleared(caller, "write", events.SUBJECT_CREATED, now=now) as clearance:
        hashed_login = hashed(login)  # before any row is locked: it takes a while
        subject, handle = _created(caller.environment_id, subject_id, organization_id, region, now)
        keep_login(subject, subject_key(subject), hashed_login, now=now)
        _record_creation(clearance, handle)
    return NewSubject(subject.public_id, clearance.decision_id)


def create_subject_with(
    caller: Caller,
    *,
    mutator_id: UUID,
    row_data: Mapping[str, Any],
    subject_id: UUID | None = None,
    organization_id: UUID | None = None,
    region: str = "",
    context: CallContext = NO_CONTEXT,
    consent: ConsentTerms = NO_TERMS,
    now: datetime | None = None,
) -> tuple[NewSubject, Receipt]:
    """Create a subject and write it through a mutator, both or neither.

    Raises:
        Invalid: the mutator's selector is not `{id} = ?`, or there is no such region or organization.
        Refused: the caller may not write, or the mutator's policy does not admit the call.
    """
    now = now or timezone.now()
    subject_id = subject_id or uuid4()
    call = MutatorCall(caller, mutator_id, [str(subject_id)], row_data, context, consent)
    _must_select_by_id(call)
    # What the two actions record of a refusal goes with their effects.
    with refusal_on_record(events.SUBJECT_CREATED, caller), in_environment(caller.environment_id):
        subject = create_subject(caller, subject_id=subject_id, organization_id=organization_id, region=region, now=now)
        receipt = execute_mutator(call, now=now)
        if receipt.subject_ids != [subject_id]:
            raise Refused(
                "The mutator's policy does not admit this call.",
                decision_id=receipt.decision_id,
                reasons=(receipt.limited_by,) if receipt.limited_by else (),
            )
    return subject, receipt


def new_subject(
    environment_id: UUID, subject_id: UUID | None, organization_id: UUID | None, now: datetime, *, region: str = ""
) -> tuple[Subject, str]:
    """Make row, key, handle and object in the graph; the caller holds the environment's transaction and records it."""
    subject_id = subject_id or uuid4()
    key = create_key(environment_id=environment_id, kind=KeyKind.SUBJECT)
    handle = urandom(16)
    place = cell_place(environment_id, subject_id, HANDLE_COLUMN, key.id)
    subject = Subject.objects.create(
        environment_id=environment_id,
        public_id=subject_id,
        key_id=key.id,
        handle=key.opened.seal(handle, place),
        organization_id=organization_id,
        region=region,
        created_at=now,
        updated_at=now,
    )
    enter_users(environment_id, public_ids=[subject_id], organization_id=organization_id)
    return subject, handle.hex()


def _created(
    environment_id: UUID, subject_id: UUID | None, organization_id: UUID | None, region: str, now: datetime
) -> tuple[Subject, str]:
    region = region_named(region)
    # Users without an organization are shown under the environment's id, and what is shown is taken back.
    owner = None if organization_id == environment_id else owner_named(organization_id)
    if subject_id is not None:
        _refuse_taken(subject_id)
    return new_subject(environment_id, subject_id, owner.public_id if owner else None, now, region=region)


def _record_creation(clearance: Clearance, handle: str) -> None:
    append(
        events.SUBJECT_CREATED,
        environment_id=clearance.environment_id,
        actor=clearance.caller.actor,
        facts={"subjects": [handle]},
        decision_id=clearance.decision_id,
    )


def _refuse_taken(subject_id: UUID) -> None:
    found = Subject.objects.filter(public_id=subject_id).first()
    if found is not None and found.erased_at is not None:
        raise Conflict(
            "A user with this id was deleted, and some of their values are still kept.",
            existing_id=subject_id,
            field="id",
            remedy="Take another id.",
        )
    if found is not None:
        raise Conflict("There is a user with this id.", existing_id=subject_id, identical=True, field="id")


def _must_select_by_id(call: MutatorCall) -> None:
    selector = mutator_plan(standing_of(call.caller.environment_id), call.mutator_id).selector_text
    if "".join(selector.split()) != "{id}=?":
        raise Invalid(
            "Only a mutator with the selector {id} = ? can create a user.",
            field="mutator_id",
            remedy="Choose another mutator.",
        )
