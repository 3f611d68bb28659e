"""Taking in the staff directory, marking people, registering jobs: what the analysis of the book knows beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from governance import events
from governance.actions.change import configuration_change
from governance.catalogue import names_of, requestables
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import Client, MarkedSubject, Purpose, RegisteredJob, StaffDirectory, StaffMember
from governance.people import operators_known_to
from governance.staff_files import MOST_FAULTS, StaffFault, StaffFileUnfit, StaffLine, read_staff

_FIELDS = ("team", "role", "manager_id", "joined_on", "left_on", "leave", "own_record")
SOURCES = ("console", "api", "command", "http", "simulation")
_UNKNOWN = "no operator of this environment signs in with this name; give them a right here first."
"""The same of whoever works elsewhere and of nobody: a file is no way to learn who else there is."""


@draftable
def take_in_staff(caller: Caller, *, text: str, source: str, now: datetime | None = None) -> dict[str, int]:
    """Have the staff directory be what a file says, all of it or nothing; returns how many were added and so on.

    Whoever is not in the file is not in the directory any more. What waits for a second person is one change, with the
    digest of the file and how many it adds, changes and ends.

    Args:
        text: CSV, as `read_staff` reads it.
        source: where it comes from, for the book: one of `SOURCES`.

    Raises:
        Refused: the caller may not configure, or the environment is protected; it is on record.
        StaffFileUnfit: with row, column and remedy of each fault; nothing changed.
    """
    if source not in SOURCES:
        raise Invalid("There is no such source.", field="source", remedy=", ".join(SOURCES))
    lines = read_staff(text)
    with configuration_change(caller, events.STAFF_TAKEN_IN, now=now) as change:
        wanted = _members(caller, lines)
        known = {each.account_id: each for each in StaffMember.objects.select_for_update()}
        added = [each for each in wanted if each.account_id not in known]
        changed = [_changed(known[each.account_id], each) for each in wanted if each.account_id in known]
        gone = known.keys() - {each.account_id for each in wanted}
        StaffMember.objects.bulk_create(added)
        StaffMember.objects.bulk_update([each for each in changed if each is not None], _FIELDS, batch_size=1000)
        StaffMember.objects.filter(account_id__in=gone).delete()
        told = {
            "members": len(wanted),
            "added": len(added),
            "changed": sum(each is not None for each in changed),
            "ended": len(gone),
        }
        if told["added"] or told["changed"] or told["ended"]:
            _note_directory(caller.environment_id, text, told)
        change.facts.update(told, source=source)
    return told


@draftable
def mark_subject(caller: Caller, *, subject_id: UUID, kind: str, now: datetime | None = None) -> MarkedSubject:
    """Have every look at a person be found (`honey`), or every unexplained one (`flagged`).

    The book says that somebody was marked, and not who: whoever reads it would know whom to leave alone.

    Raises:
        Refused: the caller may not configure, or the environment is protected; it is on record.
        Invalid, NotFound: no such kind, no such person.
        Conflict: they are marked already.
    """
    if kind not in (MarkedSubject.FLAGGED, MarkedSubject.HONEY):
        raise Invalid("A person is flagged or honey.", field="kind")
    with configuration_change(caller, events.MARK_SET, now=now) as change:
        if subject_id not in requestables().known([subject_id]):
            raise NotFound("There is no such person.", field="subject_id")
        existing = MarkedSubject.objects.filter(subject_id=subject_id).first()
        if existing is not None:
            raise Conflict("This person is marked already.", existing_id=existing.public_id, field="subject_id")
        mark = MarkedSubject.objects.create(
            environment_id=caller.environment_id, subject_id=subject_id, kind=kind, marked_by=caller.actor.id
        )
        change.facts.update(mark=mark.public_id, mark_kind=kind)
    return mark


@draftable
def lift_mark(caller: Caller, *, public_id: UUID, now: datetime | None = None) -> None:
    """Watch over a marked person no more. Raises `NotFound` where there is no such mark."""
    with configuration_change(caller, events.MARK_LIFTED, now=now) as change:
        mark = MarkedSubject.objects.select_for_update().filter(public_id=public_id).first()
        if mark is None:
            raise NotFound("There is no such mark.", field="id")
        change.facts.update(mark=mark.public_id, mark_kind=mark.kind)
        mark.delete()


@draftable
def register_job(
    caller: Caller,
    *,
    client_id: UUID,
    purposes: Sequence[str],
    hours: Sequence[int] = (),
    accessors: Sequence[UUID] = (),
) -> RegisteredJob:
    """Have what a client does for some purposes count as explained: it runs by a schedule.

    Args:
        hours: of the day (UTC) in which it does; any where none are named.
        accessors: ids of those through which it does; any where none are named.

    Raises:
        Invalid, NotFound: no purposes, no hours of a day, no such client, purpose or accessor.
        Conflict: it is registered already.
    """
    if not purposes or any(not 0 <= hour <= 23 for hour in hours):
        raise Invalid("A job has a purpose, and runs at hours from 0 to 23.", field="hours" if purposes else "purposes")
    with configuration_change(caller, events.JOB_REGISTERED) as change:
        client = Client.objects.filter(public_id=client_id).first()
        if client is None:
            raise NotFound("There is no such client.", field="client_id")
        known = set(Purpose.objects.filter(name__in=list(purposes)).values_list("name", flat=True))
        if known != set(purposes):
            raise NotFound("There is no such purpose.", field="purposes")
        if not names_of("accessor").keys() >= set(accessors):
            raise NotFound("There is no such accessor.", field="accessors")
        existing = RegisteredJob.objects.filter(client=client).first()
        if existing is not None:
            raise Conflict("This client is registered already.", existing_id=existing.public_id, field="client_id")
        job = RegisteredJob.objects.create(
            environment_id=caller.environment_id,
            client=client,
            purposes=sorted(known),
            hours=sorted(set(hours)),
            accessors=sorted(set(accessors)),
        )
        told = {"purposes": job.purposes, "hours": job.hours, "accessors": job.accessors}
        change.facts.update(job=job.public_id, client=client.public_id, **told)
    return job


@draftable
def withdraw_job(caller: Caller, *, public_id: UUID) -> None:
    """Have a client's schedule explain nothing any more. Raises `NotFound` where there is no such job."""
    with configuration_change(caller, events.JOB_WITHDRAWN) as change:
        job = RegisteredJob.objects.select_related("client").filter(public_id=public_id).first()
        if job is None:
            raise NotFound("There is no such job.", field="id")
        change.facts.update(job=job.public_id, client=job.client.public_id)
        job.delete()


def _note_directory(environment_id: UUID, text: str, told: dict[str, int]) -> None:
    digest = sha256(text.replace("\r\n", "\n").encode()).hexdigest()
    StaffDirectory.objects.update_or_create(environment_id=environment_id, defaults={**told, "file_digest": digest})


def _members(caller: Caller, lines: Sequence[StaffLine]) -> list[StaffMember]:
    names = {each.username.lower() for each in lines} | {each.manager.lower() for each in lines if each.manager}
    operators = operators_known_to(caller).values_list("username", "pk")
    accounts = {name.lower(): pk for name, pk in operators if name.lower() in names}
    records = requestables().known([each.own_record for each in lines if each.own_record])
    faults: list[StaffFault] = []
    for line in lines:
        for column, name in (("username", line.username), ("manager", line.manager)):
            if name and name.lower() not in accounts:
                faults.append(StaffFault(line.row, column, _UNKNOWN))
        if line.own_record and line.own_record not in records:
            faults.append(StaffFault(line.row, "own_record", "nobody in the store has this id; leave it empty."))
    if faults:
        raise StaffFileUnfit(faults[:MOST_FAULTS])
    return [
        StaffMember(
            environment_id=caller.environment_id,
            account_id=accounts[each.username.lower()],
            team=each.team,
            role=each.role,
            manager_id=accounts.get(each.manager.lower()),
            joined_on=each.joined,
            left_on=each.left,
            leave=[[first.isoformat(), last.isoformat()] for first, last in each.leave],
            own_record=each.own_record,
        )
        for each in lines
    ]


def _changed(known: StaffMember, wanted: StaffMember) -> StaffMember | None:
    """Return a row as it is wanted; None where it is that already."""
    if all(getattr(known, name) == getattr(wanted, name) for name in _FIELDS):
        return None
    for name in _FIELDS:
        setattr(known, name, getattr(wanted, name))
    return known
