"""Who looked at one person: which fields, when, for which purpose, by which grant and ticket (GDPR, Article 15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from audit.analysis.accesses import Access, access_of
from audit.queries import EntryView, every_entry
from audit.recorder import append
from governance.actions.clearing import cleared
from governance.identities import Caller
from governance.models import Grant
from governance.queries import names_of_ids
from userstore import events
from userstore.errors import NotFound
from userstore.models import Subject
from userstore.writing.keys import handle_of, subject_key

MOST_LOOKED_AT = 5_000
"""Entries about a person that one report goes through, the newest ones."""


@dataclass(frozen=True, slots=True)
class Look:
    """One access by which somebody saw something of a person.

    `fields` are names of columns, `people` how many others the same access was about, `ticket` the case that the grant
    was given for.
    """

    entry_id: UUID
    at: datetime
    who: str
    who_kind: str
    kind: str
    through: str
    fields: tuple[str, ...]
    purposes: tuple[str, ...]
    people: int
    grant: str
    ticket: str
    is_export: bool


@dataclass(frozen=True, slots=True)
class AccessReport:
    """The accesses to one person, the newest first; `is_whole` says that the book has no older ones in the time."""

    subject_id: UUID
    handle: str
    since: datetime | None
    made_at: datetime
    looks: tuple[Look, ...]
    is_whole: bool

    @property
    def who(self) -> dict[str, int]:
        """How often each looked, the most frequent first."""
        return _counted(each.who for each in self.looks)

    @property
    def purposes(self) -> dict[str, int]:
        """How often for each purpose, the most frequent first."""
        return _counted(name for each in self.looks for name in each.purposes or ("",))


def report_accesses(caller: Caller, *, subject_id: UUID, since: datetime | None, now: datetime) -> AccessReport:
    """Report who looked at a person; the book says that it was reported, which the next report shows in turn.

    Raises:
        NotFound: there is no such person in this environment; whoever was erased leads to no entry any more.
        Refused: the caller may not read the book; on record.
    """
    with cleared(caller, "audit", events.SUBJECT_REPORTED, now=now) as clearance:
        # Locked, since a rotation of keys would seal the handle anew between the two statements that read it.
        subject = Subject.objects.select_for_update().filter(public_id=subject_id).first()
        if subject is None:
            raise NotFound("There is no such person.", field="user", remedy="Check the id, or the environment.")
        handle = handle_of(subject, subject_key(subject))
        looks, is_whole = looks_at(handle, environment_id=caller.environment_id, since=since)
        append(
            events.SUBJECT_REPORTED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"subjects": [handle], "entries": len(looks), "since": since},
            decision_id=clearance.decision_id,
        )
    return AccessReport(subject_id, handle, since, now, looks, is_whole)


def looks_at(handle: str, *, environment_id: UUID, since: datetime | None) -> tuple[tuple[Look, ...], bool]:
    """Return the accesses to whom the book calls so, and whether these are all; must run inside the environment."""
    found = list(islice(every_entry(environment_id=environment_id, subject=handle, since=since), MOST_LOOKED_AT + 1))
    seen = [(entry, access) for entry in found[:MOST_LOOKED_AT] if (access := access_of(entry.body, 0)).looks]
    names = names_of_ids(access.actor for _, access in seen)
    tickets = _tickets(access.grant for _, access in seen)
    return tuple(_look(entry, access, names, tickets) for entry, access in seen), len(found) <= MOST_LOOKED_AT


def _look(entry: EntryView, access: Access, names: dict[str, str], tickets: dict[str, str]) -> Look:
    return Look(
        entry_id=entry.id,
        at=entry.recorded_at,
        who=names.get(access.actor, access.actor),
        who_kind=access.actor_kind,
        kind=access.kind,
        through=str(access.facts.get("name") or ""),
        fields=access.columns,
        purposes=access.purposes,
        people=max(0, access.subject_count - 1),
        grant=access.grant,
        ticket=tickets.get(access.grant, ""),
        is_export=access.operation == "export",
    )


def _tickets(grants: Iterable[str]) -> dict[str, str]:
    wanted = {each for each in grants if each}
    return {
        str(grant): ticket for grant, ticket in Grant.objects.filter(pk__in=wanted).values_list("pk", "request__ticket")
    }


def _counted(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
