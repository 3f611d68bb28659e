"""A phone example that is followed through the book."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from audit.queries import EntryView, entries
from governance.identities import Caller
from tests.userstore.phonebook import PhoneBook


@dataclass
class Recorded(PhoneBook):
    """Follows the book: what was added since one last looked."""

    seen: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.new_entries()

    def new_entries(self) -> list[EntryView]:
        found = [e for e in entries(environment_id=self.environment.id, limit=1500) if e.id not in self.seen]
        self.seen |= {entry.id for entry in found}
        return found

    def expect(self, kind: str, *, by: Caller | None = None, outcome: str = "done") -> EntryView:
        (entry,) = self.new_entries()
        assert (entry.kind, entry.outcome) == (kind, outcome)
        actor = (by or self.service).actor
        assert entry.actor == actor
        return entry
