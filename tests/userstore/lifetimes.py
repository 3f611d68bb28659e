"""The phone example with a life cycle: retention, deleted values, holds and the purge as one line each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from governance.actions.builtin import ALLOW_ALL
from keyring.walls import in_environment
from tests.userstore.phonebook import PhoneBook
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.purging import Purged, purge
from userstore.actions.retention import set_retention, withdraw_retention
from userstore.actions.retention_changes import apply_batch
from userstore.models import RetentionChange, RetentionDuration, Value
from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.retention.durations import Duration
from userstore.retention.settings import Scope


class Lifetimes(PhoneBook):
    """A phone book whose columns and purposes have retention."""

    def keep(self, state: int, unit: str, amount: int, column: UUID | None = None, purpose: str | None = None) -> UUID:
        """Set how long values in a state are kept, and apply it."""
        scope = Scope(state, column, self.purposes[purpose].public_id if purpose else None)
        return set_retention(self.system, scope=scope, duration=Duration(unit, amount)).public_id

    def keep_nothing(self) -> None:
        """Take every setting away."""
        with in_environment(self.environment.id):
            rows = list(RetentionDuration.objects.select_related("column", "purpose"))
        for row in rows:
            column, purpose = row.column and row.column.public_id, row.purpose and row.purpose.public_id
            withdraw_retention(self.system, public_id=row.public_id, scope=Scope(row.state, column, purpose))

    def keep_live(self, unit: str, amount: int, column: UUID | None = None, purpose: str | None = None) -> UUID:
        return self.keep(LIVE, unit, amount, column, purpose)

    def keep_deleted(self, unit: str, amount: int, column: UUID | None = None, purpose: str | None = None) -> UUID:
        return self.keep(SOFT_DELETED, unit, amount, column, purpose)

    def apply(self, *, now: datetime, limit: int = 500) -> int:
        """Apply every requested change; return how many batches that took."""
        return sum(1 for _ in self._batches(now, limit))

    def _batches(self, now: datetime, limit: int) -> Iterator[bool]:
        while apply_batch(self.environment.id, now=now, limit=limit):
            yield True

    def changes(self) -> list[RetentionChange]:
        with in_environment(self.environment.id):
            return list(RetentionChange.objects.order_by("pk"))

    def purge(self, *, now: datetime, batch: int = 200) -> Purged:
        done = Purged()
        for step in purge(self.environment.id, now=now, batch=batch):
            done.add(step)
        return done

    def former(self, *columns: UUID, purpose: str = "integrity") -> UUID:
        """An accessor of deleted values."""
        spec = AccessorSpec(
            name=f"Former-{purpose}-{len(columns)}-{columns[0].hex[:8]}",
            selector="{id} = ANY (?)",
            columns=tuple(OutputSpec(column) for column in columns),
            purposes=(self.purposes[purpose].public_id,),
            access_policy=ALLOW_ALL,
            consent_mode="partial",
            life_cycle_state="softdeleted",
        )
        return publish_accessor(self.system, spec=spec).public_id

    def shown(self, accessor: UUID, subject: UUID, column: str = "phone", *, now: datetime) -> list[str]:
        """What an accessor shows of one column, a single value as a list of one."""
        rows = self.rows(accessor, [[str(subject)]], now=now).rows
        if not rows or column not in rows[0]:
            return []
        text = rows[0][column]
        found = json.loads(text) if text.startswith("[") else [text]
        return list(found)

    def ends(self, subject: UUID) -> list[tuple[int, dict[int, int]]]:
        """The state of every value of a subject, and until when it may be used for what."""
        with in_environment(self.environment.id):
            rows = Value.objects.filter(subject__public_id=subject).order_by("state", "pk")
            return [(row.state, dict(zip(row.purposes, row.expires, strict=True))) for row in rows]
