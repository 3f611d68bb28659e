"""A phone example that is followed through the book."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connections

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


@contextmanager
def silent_book() -> Iterator[None]:
    """The owner takes the right to append away, as an accident would."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("revoke execute on function audit_append from sealbook_app")
    try:
        yield
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("grant execute on function audit_append to sealbook_app")
