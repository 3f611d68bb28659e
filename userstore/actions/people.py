"""Looking at one person: counts and states of what is stored of them, and nothing of what it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from audit.recorder import append
from governance.actions.clearing import cleared
from governance.identities import Caller
from governance.models import Organization
from governance.standing import fresh_standing_of
from userstore import events
from userstore.definitions import definitions_of
from userstore.errors import NotFound
from userstore.models import Credential, LegalHold, Subject, Token, Value
from userstore.models.subjects import SOFT_DELETED
from userstore.writing.keys import handle_of, subject_key


@dataclass(slots=True)
class Counts:
    """How many values of one column a person has. Each value counts once."""

    column: str
    category: str
    live: int = 0
    """May be used for something."""
    unpermitted: int = 0
    """Live, and nobody may use it: no purpose is left."""
    deleted: int = 0
    """Kept for accessors of deleted values."""
    over: int = 0
    """Over for every purpose: nobody reads it, and the purge destroys it unless a hold keeps it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the store, without anything that they said about themselves."""

    subject_id: UUID
    handle: str
    """Their name in the book."""
    region: str
    organization: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    """Since when only kept values of theirs are here."""
    columns: tuple[Counts, ...]
    tokens: int
    signs_in: bool
    holds: tuple[LegalHold, ...]
    """Holds in force that name them, or keep a value of theirs: while there is one, erasing is refused."""


def look_at_person(caller: Caller, *, subject_id: UUID, now: datetime | None = None) -> Person:
    """Return what is stored of a person, in counts; the book says who looked.

    It goes with erasing, whose preview tells as much: it needs the same right, and no freeze stops it.

    Raises:
        NotFound: there is no such person in this environment; whoever was erased is found by nobody.
        Refused: the caller may not erase here; on record.
    """
    now = now or timezone.now()
    with cleared(caller, "erase", events.SUBJECT_LOOKED_AT, now=now) as clearance:
        # Locked, since a rotation of keys would seal the handle anew between the two statements that read it.
        subject = Subject.objects.select_for_update().filter(public_id=subject_id).first()
        if subject is None:
            raise NotFound(
                "There is no such person.",
                field="user",
                remedy="Check the id, or the environment. Whoever was erased is not found any more.",
            )
        handle = handle_of(subject, subject_key(subject))
        stored = list(Value.objects.filter(subject=subject).values_list("column_id", "state", "purposes", "expires"))
        append(
            events.SUBJECT_LOOKED_AT,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"subjects": [handle], "values": len(stored)},
            decision_id=clearance.decision_id,
        )
        return Person(
            subject_id=subject.public_id,
            handle=handle,
            region=subject.region,
            organization=_organization(subject),
            created_at=subject.created_at,
            updated_at=subject.updated_at,
            deleted_at=subject.erased_at,
            columns=_counted(caller, stored, now=now),
            tokens=Token.objects.filter(subject=subject).count(),
            signs_in=Credential.objects.filter(subject=subject).exists(),
            holds=_holds(subject, [(column, purposes) for column, _, purposes, _ in stored], now=now),
        )


def _organization(subject: Subject) -> str:
    if subject.organization_id is None:
        return ""
    found = Organization.objects.filter(public_id=subject.organization_id).first()
    return found.name if found else str(subject.organization_id)


def _counted(
    caller: Caller, stored: Iterable[tuple[int, int, list[int], list[int]]], *, now: datetime
) -> tuple[Counts, ...]:
    found = defaultdict[int, list[str]](list)
    moment = int(now.timestamp())
    for column, state, purposes, expires in stored:
        found[column].append(_standing(state, purposes, expires, moment))
    definitions = definitions_of(fresh_standing_of(caller.environment_id)).by_pk
    counted = []
    for column, kinds in found.items():
        definition = definitions[column]
        numbers = {kind: kinds.count(kind) for kind in set(kinds)}
        counted.append(Counts(definition.name, definition.pii_category, **numbers))
    return tuple(sorted(counted, key=lambda counts: counts.column))


def _standing(state: int, purposes: Collection[int], expires: Iterable[int], moment: int) -> str:
    if purposes and all(0 < end <= moment for end in expires):
        return "over"
    if state == SOFT_DELETED:
        return "deleted"
    return "live" if purposes else "unpermitted"


def _holds(subject: Subject, stored: list[tuple[int, list[int]]], *, now: datetime) -> tuple[LegalHold, ...]:
    in_force = LegalHold.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), released_at=None)
    about = in_force.filter(Q(subject=None) | Q(subject=subject)).select_related("subject", "column", "purpose")
    return tuple(hold for hold in about if hold.subject_id or _keeps(hold, stored))


def _keeps(hold: LegalHold, stored: Iterable[tuple[int, list[int]]]) -> bool:
    return any(
        hold.column_id in {None, column} and (hold.purpose_id is None or hold.purpose_id in purposes)
        for column, purposes in stored
    )
