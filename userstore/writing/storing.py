"""Sealing and storing what a merge worked out, with the consent history beside it. All inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from uuid import UUID, uuid4

from django.db import IntegrityError

from audit.actors import Actor
from governance.errors import Conflict
from governance.standing import Standing
from keyring.keys import OpenKey, index_key_for
from keyring.places import cell_place
from userstore.datatypes import Value as TypedValue
from userstore.definitions import ColumnDefinition
from userstore.models import ConsentRecord, Subject, Value
from userstore.models.subjects import LIVE
from userstore.writing.calls import NO_TERMS, ConsentTerms
from userstore.writing.merging import Merge, StoredValue


@dataclass(slots=True)
class Pen:
    """Writes for one call: who, when, under which terms and source; counts what it did."""

    standing: Standing
    actor: Actor
    now: datetime
    source: str
    terms: ConsentTerms = NO_TERMS
    written: int = 0
    removed: int = 0
    consents: list[ConsentRecord] = field(default_factory=list)
    _sequence: count[int] = field(default_factory=count)

    def store(self, subject: Subject, key: OpenKey, column: ColumnDefinition, merged: Merge) -> None:
        """Store a merge for one column of one subject.

        Raises:
            Conflict: a unique column has the value already, at another subject.
        """
        for stored in merged.removed:
            self._note_all(subject, column, stored, permitted=False)
        Value.objects.filter(pk__in=[stored.id for stored in merged.removed]).delete()
        for stored, ordinal, purposes in merged.changed:
            self._change(subject, column, stored, ordinal, purposes)
        self._add(subject, key, column, merged)
        self.written += len(merged.added) + len(merged.changed)
        self.removed += len(merged.removed)

    def flush(self) -> None:
        """Write the consent history of the whole call."""
        ConsentRecord.objects.bulk_create(self.consents)
        self.consents.clear()

    def _add(self, subject: Subject, key: OpenKey, column: ColumnDefinition, merged: Merge) -> None:
        rows = []
        for value, ordinal, purposes in merged.added:
            row = sealed_row(subject, key, column, value, ordinal=ordinal, purposes=purposes, now=self.now)
            rows.append(row)
            for purpose, until in purposes.items():
                self._note(subject, column, row.id, purpose, permitted=True, until=until)
        try:
            Value.objects.bulk_create(rows)
        except IntegrityError:
            raise Conflict(f"Column {column.name} is unique and has this value already.", field=column.name) from None

    def _change(
        self, subject: Subject, column: ColumnDefinition, stored: StoredValue, ordinal: int, purposes: Mapping[int, int]
    ) -> None:
        Value.objects.filter(pk=stored.id).update(
            ordinal=ordinal, purposes=list(purposes), expires=list(purposes.values()), updated_at=self.now
        )
        for purpose in stored.purposes.keys() - purposes.keys():
            self._note(subject, column, stored.id, purpose, permitted=False, until=0)
        for purpose, until in purposes.items():
            if stored.purposes.get(purpose) != until or purpose not in stored.purposes:
                self._note(subject, column, stored.id, purpose, permitted=True, until=until)

    def _note_all(self, subject: Subject, column: ColumnDefinition, stored: StoredValue, *, permitted: bool) -> None:
        for purpose in stored.purposes:
            self._note(subject, column, stored.id, purpose, permitted=permitted, until=0)

    def _note(
        self, subject: Subject, column: ColumnDefinition, value_id: UUID, purpose: int, *, permitted: bool, until: int
    ) -> None:
        self.consents.append(
            ConsentRecord(
                environment_id=self.standing.environment_id,
                subject_id=subject.pk,
                column_id=column.pk,
                value_id=value_id,
                purpose_id=purpose,
                permitted=permitted,
                until=datetime.fromtimestamp(until, UTC) if until else None,
                legal_basis=self.standing.purposes_by_number[purpose].legal_basis,
                text_version=self.terms.text_version,
                source=self.source,
                by_kind=self.actor.kind,
                by_id=self.actor.id,
                recorded_at=self.now,
                sequence=next(self._sequence),
            )
        )


def sealed_row(
    subject: Subject,
    key: OpenKey,
    column: ColumnDefinition,
    value: TypedValue,
    *,
    ordinal: int,
    purposes: Mapping[int, int],
    now: datetime,
) -> Value:
    """Seal one value for its place and give it its blind index."""
    value_id = uuid4()
    kind = column.data_type
    place = cell_place(subject.environment_id, subject.public_id, column.public_id, value_id)
    index = index_key_for(subject.environment_id, str(column.public_id)) if column.is_indexed else None
    return Value(
        id=value_id,
        environment_id=subject.environment_id,
        subject=subject,
        column_id=column.pk,
        ordinal=ordinal,
        sealed=key.seal(kind.canonical(value), place),
        blind=index.blind(kind.index_form(value)) if index else None,
        blind_version=index.version if index else 1,
        is_unique_key=column.is_unique,
        purposes=list(purposes),
        expires=list(purposes.values()),
        state=LIVE,
        created_at=now,
        updated_at=now,
    )


def stored_values(rows: Sequence[Value], key: OpenKey, subject: Subject, column: ColumnDefinition) -> list[StoredValue]:
    """Open the values of one column of one subject as a merge compares them."""
    values = typed_values(rows, key, subject, column)
    return [
        StoredValue(
            row.id, row.ordinal, column.data_type.index_form(value), dict(zip(row.purposes, row.expires, strict=True))
        )
        for row, value in zip(rows, values, strict=True)
    ]


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
