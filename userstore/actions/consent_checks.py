"""Asking for many people at once whether a purpose is permitted, without anything of theirs being shown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from governance.actions.clearing import cleared
from governance.authorization import environment_freeze, frozen_parts, refusal
from governance.identities import Caller
from governance.standing import Standing
from userstore import events
from userstore.definitions import purpose_meant
from userstore.errors import Invalid
from userstore.handles import handles_of
from userstore.models import Value
from userstore.models.subjects import LIVE
from userstore.reading.consent import are_permitted

MOST_PEOPLE = 1000


def permitted_people(
    caller: Caller, *, subject_ids: Collection[UUID], purpose: object, now: datetime | None = None
) -> tuple[set[UUID], UUID]:
    """Return for which of up to 1000 people a purpose is permitted now. Also gives the decision's id.

    It is for somebody of whom a live value may be used for it; whoever is unknown here or erased has none. On record
    with the names of all who are known, permitted or not. A freeze stops it, unlike other looks at consents: whoever
    asks is about to use data.

    Args:
        purpose: its name, or an object with its id or name.

    Raises:
        Invalid: too many people.
        NotFound: there is no such purpose.
        Refused: the caller has no right to consents, or the purpose or the environment is frozen.
    """
    now = now or timezone.now()
    if len(subject_ids) > MOST_PEOPLE:
        raise Invalid(f"Give up to {MOST_PEOPLE} ids.", field="subject_ids")
    with cleared(caller, "consent", events.CONSENT_READ, now=now) as clearance:
        permitted, handles = permitting(clearance.standing, subject_ids=subject_ids, purpose=purpose, now=now)
        append(
            events.CONSENT_READ,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"subjects": handles},
            decision_id=clearance.decision_id,
        )
    return permitted, clearance.decision_id


def permitting(
    standing: Standing, *, subject_ids: Collection[UUID], purpose: object, now: datetime
) -> tuple[set[UUID], list[str]]:
    """Return for which people a purpose is permitted now, and the names in the book of all who are known.

    For whoever holds a clearance, in the environment's transaction: nothing is recorded here.

    Args:
        purpose: its name, or an object with its id or name.

    Raises:
        NotFound: there is no such purpose.
        Refused: the purpose or the environment is frozen.
    """
    wanted = purpose_meant(purpose, standing)
    frozen = environment_freeze(standing) or frozen_parts(standing, purposes=[wanted.public_id])
    if frozen:
        raise refusal(*frozen)
    known = handles_of(subject_ids)
    public_ids = {subject.pk: subject.public_id for subject, _ in known}
    values = Value.objects.filter(subject__in=public_ids, state=LIVE, purposes__contains=[wanted.number])
    moment = now.timestamp()
    permitted = {
        public_ids[pk]
        for pk, purposes, expires in values.values_list("subject_id", "purposes", "expires")
        if are_permitted(purposes, expires, [wanted.number], moment)
    }
    return permitted, sorted(handle for _, handle in known)
