"""Sealing and storing what a merge worked out, with the consent history beside it. All inside one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError

from audit.actors import Actor
from governance.errors import Conflict
from governance.standing import Standing
from keyring.keys import IndexKey, OpenKey, index_key_for
from keyring.places import cell_place
from keyring.walls import insert_many, row_to_insert
from userstore.datatypes import Value as TypedValue
from userstore.definitions import ColumnDefinition, definitions_of
from userstore.models import ConsentRecord, Subject, Value
from userstore.models.subjects import LIVE
from userstore.retention.holding import Holds, holds_of
from userstore.retention.schedule import Ends, Schedule, moment_of, schedule_of
from userstore.writing.calls import NO_TERMS, ConsentTerms
from userstore.writing.ending import copy_as_deleted, end_values
from userstore.writing.merging import Merge, StoredValue
from userstore.writing.uniqueness import conflict_over, is_taken


@dataclass(slots=True)
class Pen:
    """Writes for one call: who, when, under which terms and source; counts what it did.

    New values and the consent history wait for `flush`, which writes all of them with a statement each.
    """

    standing: Standing
    actor: Actor
    now: datetime
    source: str
    terms: ConsentTerms = NO_TERMS
    written: int = 0
    removed: int = 0
    held: int = 0
    """Values that would have been destroyed but for a legal hold."""
    kept: Counter[str] = field(default_factory=Counter)
    destroyed: Counter[str] = field(default_factory=Counter)
    """Values by column that ended, and were kept as deleted ones or were not."""
    values: list[Value] = field(default_factory=list)
    consents: list[ConsentRecord] = field(default_factory=list)
    vacated: set[tuple[int, bytes | None]] = field(default_factory=set)
    """Columns and forms of unique values that ended: somebody else may take them, once they have; None for any."""
    unique: dict[int, tuple[ColumnDefinition, list[TypedValue]]] = field(default_factory=dict)
    _indexes: dict[int, IndexKey | None] = field(default_factory=dict)
    sequence: count[int] = field(default_factory=count)
    """Numbers the consent history of the call."""

    @property
    def moment(self) -> int:
        """Unix seconds of the write."""
        return int(self.now.timestamp())

    @property
    def schedule(self) -> Schedule:
        """How long what is written is kept."""
        return schedule_of(self.standing)

    @property
    def holds(self) -> Holds:
        """What must not be destroyed."""
        return holds_of(self.standing)

    def store(self, subject: Subject, key: OpenKey, column: ColumnDefinition, merged: Merge) -> None:
        """Store a merge for one column of one subject; what it adds is there from `flush` on."""
        end_values(self, subject, column, merged.removed)
        if column.is_unique:
            gone = (stored.form if stored.equal is None else stored.equal for stored in merged.removed)
            self.vacated.update((column.pk, form) for form in gone)
        renewed = {stored.id: purposes for stored, purposes in merged.renewed}
        for stored, ordinal, purposes in merged.changed:
            self._change(subject, key, column, stored, ordinal, purposes, renewed.pop(stored.id, frozenset()))
        self._renew(column, [(stored, again) for stored, again in merged.renewed if stored.id in renewed])
        self._add(subject, key, column, merged)
        self.written += len(merged.added) + len(merged.changed)
        self.removed += len(merged.removed)

    def flush(self) -> None:
        """Write the new values and the consent history of the whole call.

        Raises:
            Conflict: a unique column has a value already, at another subject.
        """
        if any(is_taken(self.standing.environment_id, column, values) for column, values in self.unique.values()):
            raise self._conflict()
        try:
            insert_many(self.values)
        except IntegrityError:
            raise self._conflict() from None
        insert_many(self.consents)
        self.values.clear()
        self.consents.clear()
        self.unique.clear()

    def _conflict(self) -> Conflict:
        """Name the column, where only one can be meant."""
        columns = definitions_of(self.standing).by_pk
        return conflict_over({columns[value.column_id].name for value in self.values if value.is_unique_key})

    def _add(self, subject: Subject, key: OpenKey, column: ColumnDefinition, merged: Merge) -> None:
        for value, ordinal, purposes in merged.added:
            row = sealed_row(
                subject,
                key,
                column,
                value,
                index=self.index_of(column),
                ordinal=ordinal,
                purposes=purposes,
                schedule=self.schedule,
                now=self.now,
            )
            self.values.append(row)
            for purpose, until in purposes.items():
                self.note(subject, column, row.id, purpose, permitted=True, until=until)
        if column.is_unique:
            self.unique.setdefault(column.pk, (column, []))[1].extend(value for value, _, _ in merged.added)

    def index_of(self, column: ColumnDefinition) -> IndexKey | None:
        """Look the index key of a column up once: within the transaction that first did, nobody else remembers it."""
        if column.pk not in self._indexes:
            self._indexes[column.pk] = index_of(self.standing.environment_id, column)
        return self._indexes[column.pk]

    def _change(
        self,
        subject: Subject,
        key: OpenKey,
        column: ColumnDefinition,
        stored: StoredValue,
        ordinal: int,
        purposes: Ends,
        renewed: frozenset[int],
    ) -> None:
        dropped = stored.purposes.keys() - purposes.keys()
        kept = self.schedule.kept_after(column.pk, dict.fromkeys(dropped, self.moment), now=self.moment)
        if kept:
            row = Value.objects.get(pk=stored.id)
            copy_as_deleted(self, subject, key, column, row, kept, dict.fromkeys(kept, self.moment))
        clocks = self._clocks(stored, purposes, renewed)
        Value.objects.filter(pk=stored.id).update(
            ordinal=ordinal, updated_at=self.now, **self._ending(column, purposes, clocks)
        )
        for purpose in dropped:
            self.note(subject, column, stored.id, purpose, permitted=False)
        for purpose, until in purposes.items():
            if stored.purposes.get(purpose) != until or purpose not in stored.purposes:
                self.note(subject, column, stored.id, purpose, permitted=True, until=until)

    def _renew(self, column: ColumnDefinition, renewed: Sequence[tuple[StoredValue, frozenset[int]]]) -> None:
        """Start the clocks anew of values that stay as they are."""
        for stored, purposes in renewed:
            clocks = self._clocks(stored, stored.purposes, purposes)
            Value.objects.filter(pk=stored.id).update(**self._ending(column, stored.purposes, clocks))

    def _clocks(self, stored: StoredValue, purposes: Ends, renewed: frozenset[int]) -> dict[int, int]:
        """When the clock for each purpose started: now, where it is new or given again."""
        return {p: self.moment if p in renewed else stored.since.get(p, self.moment) for p in purposes}

    def _ending(self, column: ColumnDefinition, purposes: Ends, since: Ends) -> dict[str, Any]:
        return ending_of(self.schedule, column.pk, purposes, since)

    def note(
        self,
        subject: Subject,
        column: ColumnDefinition,
        value_id: UUID,
        purpose: int,
        *,
        permitted: bool,
        until: int = 0,
        source: str | None = None,
    ) -> None:
        """Write down that a purpose was given or taken; `source` where it is not that of the call."""
        self.consents.append(
            row_to_insert(
                ConsentRecord,
                id=uuid4(),
                environment_id=self.standing.environment_id,
                subject_id=subject.pk,
                column_id=column.pk,
                value_id=value_id,
                purpose_id=purpose,
                permitted=permitted,
                until=datetime.fromtimestamp(until, UTC) if until else None,
                legal_basis=self.standing.purposes_by_number[purpose].legal_basis,
                text_version=self.terms.text_version,
                source=source or self.source,
                by_kind=self.actor.kind,
                by_id=self.actor.id,
                recorded_at=self.now,
                sequence=next(self.sequence),
            )
        )


def index_of(environment_id: UUID, column: ColumnDefinition) -> IndexKey | None:
    """Return the key that makes blind indexes of a column now; None for a column without."""
    return index_key_for(environment_id, str(column.public_id)) if column.is_indexed else None


def sealed_row(
    subject: Subject,
    key: OpenKey,
    column: ColumnDefinition,
    value: TypedValue,
    *,
    index: IndexKey | None,
    ordinal: int,
    purposes: Ends,
    schedule: Schedule,
    now: datetime,
) -> Value:
    """Seal one value for its place, give it its blind index and its ends.

    Args:
        index: the index key of the column, where it has one (`index_of`).
        purposes: what it may be used for, each with the end of the consent, 0 for none.
    """
    value_id = uuid4()
    kind = column.data_type
    place = cell_place(subject.environment_id, subject.public_id, column.public_id, value_id)
    return row_to_insert(
        Value,
        id=value_id,
        environment_id=subject.environment_id,
        subject_id=subject.pk,
        column_id=column.pk,
        ordinal=ordinal,
        sealed=key.seal(kind.canonical(value), place),
        blind=index.blind(kind.index_form(value)) if index else None,
        blind_version=index.version if index else 1,
        is_unique_key=column.is_unique,
        **ending_of(schedule, column.pk, purposes, dict.fromkeys(purposes, int(now.timestamp()))),
        state=LIVE,
        origin=None,
        version=1,
        created_at=now,
        updated_at=now,
    )


def ending_of(schedule: Schedule, column: int, purposes: Ends, since: Ends) -> dict[str, Any]:
    """What a live value's row says of its purposes and their ends."""
    expires = schedule.ends(column, purposes, since)
    return {
        "purposes": list(purposes),
        "consent_ends": list(purposes.values()),
        "since": [since[purpose] for purpose in purposes],
        "expires": expires,
        "retain_until": moment_of(expires),
    }


def stored_values(rows: Sequence[Value], key: OpenKey, subject: Subject, column: ColumnDefinition) -> list[StoredValue]:
    """Open the values of one column of one subject as a merge compares them."""
    values = typed_values(rows, key, subject, column)
    return [
        replace(
            without_form(row),
            form=column.identity_of(value),
            content=column.content_of(value),
            equal=column.data_type.index_form(value) if column.unique_id_required else None,
        )
        for row, value in zip(rows, values, strict=True)
    ]


def without_form(row: Value) -> StoredValue:
    """A stored value as far as it is known without opening it."""
    purposes, since = (dict(zip(row.purposes, ends, strict=True)) for ends in (row.consent_ends, row.since))
    return StoredValue(row.id, row.ordinal, b"", purposes, since)


def typed_values(rows: Sequence[Value], key: OpenKey, subject: Subject, column: ColumnDefinition) -> list[TypedValue]:
    """Open the values of one column of one subject."""
    return [
        column.data_type.restore(
            key.unseal(
                bytes(row.sealed), cell_place(subject.environment_id, subject.public_id, column.public_id, row.id)
            )
        )
        for row in rows
    ]
