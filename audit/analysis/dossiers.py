"""What a breach is about: the entries by which somebody saw something, whom it concerns and which fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from audit.analysis.accesses import Access, access_of
from audit.models import Alert, BreachDossier
from audit.queries import EntryView, entries_of, every_entry

MOST_ENTRIES = 20_000
"""Entries of one actor that a dossier goes through, the newest ones."""


@dataclass(slots=True)
class Gathered:
    """What the book has of a breach. `people` are handles with how many accesses each was in."""

    entries: list[EntryView] = field(default_factory=list)
    people: dict[str, int] = field(default_factory=dict)
    unnamed: int = 0
    """People of entries that say how many they were about and not whom."""
    fields: dict[str, int] = field(default_factory=dict)
    purposes: dict[str, int] = field(default_factory=dict)
    accessors: dict[str, str] = field(default_factory=dict)
    """Id -> name, of what was read through."""
    grants: list[str] = field(default_factory=list)
    is_whole: bool = True
    """Whether all there is was gone through."""

    def add(self, entry: EntryView, access: Access) -> None:
        """Take up one access."""
        self.entries.append(entry)
        for names, counts in ((access.subjects, self.people), (access.columns, self.fields)):
            for name in names:
                counts[name] = counts.get(name, 0) + 1
        for name in access.purposes:
            self.purposes[name] = self.purposes.get(name, 0) + 1
        self.unnamed += max(0, access.subject_count - len(access.subjects))
        if access.kind.startswith("accessor.") and access.resource:
            self.accessors[access.resource] = str(access.facts.get("name") or access.resource)
        if access.grant and access.grant not in self.grants:
            self.grants.append(access.grant)


def gathered(dossier: BreachDossier, alert: Alert) -> Gathered:
    """Return what the actor of a dossier saw in its time, and the entries of the finding itself, the newest first."""
    found = Gathered()
    evidence = entries_of(environment_id=dossier.environment_id, ids=[UUID(each) for each in alert.evidence.values()])
    seen = list(islice(_of_actor(dossier), MOST_ENTRIES + 1))
    found.is_whole = len(seen) <= MOST_ENTRIES
    together = {entry.id: entry for entry in (*seen[:MOST_ENTRIES], *evidence.values())}
    for entry in sorted(together.values(), key=lambda each: each.cursor, reverse=True):
        access = access_of(entry.body, 0)
        if access.looks or entry.id in evidence:
            found.add(entry, access)
    return found


def _of_actor(dossier: BreachDossier) -> Iterator[EntryView]:
    try:
        actor = UUID(dossier.actor)
    except ValueError:
        return iter(())
    return every_entry(
        environment_id=dossier.environment_id, actor_id=actor, since=dossier.since, until=dossier.aware_at
    )
