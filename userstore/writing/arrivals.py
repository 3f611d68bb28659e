"""The values of people who are new: nothing is stored of them, so nothing is opened, compared, ended or merged.

What is equal for many values (a column's index, the ends of a set of purposes, texts of the history) is worked out once
for a batch; of a single value there is its canonical form, its seal, its blind index and a place in the rows, which
are written as columns, a statement for all values and one for the whole history.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError

from keyring.keys import OpenKey
from keyring.new_ids import new_ids
from keyring.places import cell_prefix
from keyring.walls import insert_columns
from userstore.datatypes import Value as TypedValue
from userstore.definitions import ColumnDefinition
from userstore.models import ConsentRecord, Subject, Value
from userstore.models.subjects import LIVE
from userstore.writing.changes import ColumnChange
from userstore.writing.merging import merge
from userstore.writing.returning import foreign_mark
from userstore.writing.storing import Pen, ending_of
from userstore.writing.uniqueness import conflict_over, is_taken

_IDS_AT_ONCE = 1024
_OF_VALUES = ("id", "subject_id", "column_id", "ordinal", "sealed", "blind", "blind_version", "is_unique_key")
_OF_PURPOSES = ("purposes", "consent_ends", "since", "expires", "retain_until")
_OF_CONSENTS = ("id", "subject_id", "column_id", "value_id", "purpose_id", "until", "legal_basis")


@dataclass(frozen=True, slots=True)
class _Ends:
    """What rows say of a set of purposes in a column: the value's fields, and purpose, end and basis of each."""

    fields: tuple[Any, ...]
    history: tuple[tuple[int, datetime | None, str], ...]


@dataclass(slots=True)
class _Way:
    """How the values of one column are written."""

    column: ColumnDefinition
    place: bytes
    blind: Callable[[bytes], bytes] | None
    blind_version: int
    ends: dict[tuple[int, ...], _Ends] = field(default_factory=dict)
    unique: list[TypedValue] = field(default_factory=list)
    """Values that nobody else may have."""


class Arrivals:
    """Collects the values of subjects made in this transaction for a pen; `flush` writes them."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._prefix = cell_prefix(pen.standing.environment_id)
        self._until = pen.terms.ends_at
        self._ways: dict[int, _Way] = {}
        self._ids: list[bytes] = []
        self._values: list[tuple[Any, ...]] = []
        self._ends: list[_Ends] = []

    def add(self, subject: Subject, key: OpenKey, changes: Sequence[ColumnChange]) -> None:
        """Seal what a call brings for one new subject.

        Raises:
            Conflict: a column would hold equal values under two ids, or a mark came of what nobody was shown.
        """
        start = self._prefix + subject.public_id.int.to_bytes(16, "big")
        plain, places, rows = [], [], []
        for change in changes:
            column = change.column
            if change.mark:
                raise foreign_mark(column)
            way = self._ways.get(column.pk) or self._way(column)
            kind = column.data_type
            for value, ordinal, purposes in self._added(change):
                value_id = self._ids.pop() if self._ids else self._next_id()
                plain.append(kind.canonical(value))
                places.append(start + way.place + value_id)
                blind = way.blind(kind.index_form(value)) if way.blind else None
                rows.append((value_id, column, ordinal, blind, way.blind_version))
                self._ends.append(way.ends.get(purposes) or self._ends_of(way, purposes))
                if column.is_unique:
                    way.unique.append(value)
        sealed = key.seal_each(plain, places)
        for (value_id, column, ordinal, blind, version), text in zip(rows, sealed, strict=True):
            self._values.append((value_id, subject.pk, column.pk, ordinal, text, blind, version, column.is_unique))

    @property
    def unique(self) -> dict[int, tuple[ColumnDefinition, list[TypedValue]]]:
        """The values that nobody else may have, by column."""
        return {pk: (way.column, way.unique) for pk, way in self._ways.items() if way.unique}

    def flush(self) -> None:
        """Write the values and their history.

        Raises:
            Conflict: a unique column has a value already, at another subject.
        """
        if not self._values:
            return
        pen = self._pen
        unique = self.unique.values()
        if any(is_taken(pen.standing.environment_id, column, values) for column, values in unique):
            raise conflict_over({column.name for column, _ in unique})
        try:
            self._insert_values()
        except IntegrityError:
            raise conflict_over({column.name for column, _ in unique}) from None
        self._insert_history()
        pen.written += len(self._values)

    def _added(self, change: ColumnChange) -> Sequence[tuple[TypedValue, int, tuple[int, ...]]]:
        """The values that a change adds where there are none, each with its place and its purposes."""
        column = change.column
        if not change.replaces or (column.unique_required and column.unique_id_required):
            merged = merge(change, (), until=self._until)
            return [(value, ordinal, tuple(purposes)) for value, ordinal, purposes in merged.added]
        if not change.values or not change.added:
            return ()  # kept is what is not there; without a purpose that permits keeping it nothing is stored
        return [(value, ordinal, change.added) for ordinal, value in enumerate(change.values, start=1)]

    def _insert_values(self) -> None:
        pen, columns = self._pen, zip(*self._values, strict=True)
        ends = zip(*(each.fields for each in self._ends), strict=True)
        insert_columns(
            Value,
            dict(zip(_OF_VALUES, columns, strict=True)) | dict(zip(_OF_PURPOSES, ends, strict=True)),
            shared={
                "environment_id": pen.standing.environment_id,
                "state": LIVE,
                "origin": None,
                "version": 1,
                "created_at": pen.now,
                "updated_at": pen.now,
            },
        )

    def _insert_history(self) -> None:
        pen = self._pen
        count = sum(len(ends.history) for ends in self._ends)
        ids = iter(new_ids(count))
        records = [
            (next(ids), row[1], row[2], row[0], *purpose)
            for row, ends in zip(self._values, self._ends, strict=True)
            for purpose in ends.history
        ]
        columns: dict[str, Sequence[Any]] = dict(zip(_OF_CONSENTS, zip(*records, strict=True), strict=True))
        insert_columns(
            ConsentRecord,
            columns | {"sequence": [next(pen.sequence) for _ in records]},
            shared={
                "environment_id": pen.standing.environment_id,
                "permitted": True,
                "text_version": pen.terms.text_version,
                "source": pen.source,
                "by_kind": pen.actor.kind,
                "by_id": pen.actor.id,
                "recorded_at": pen.now,
            },
        )

    def _way(self, column: ColumnDefinition) -> _Way:
        index = self._pen.index_of(column)
        blind, version = (index.blind, index.version) if index else (None, 1)
        way = self._ways[column.pk] = _Way(column, column.public_id.bytes, blind, version)
        return way

    def _ends_of(self, way: _Way, purposes: tuple[int, ...]) -> _Ends:
        pen, until = self._pen, self._until
        since = dict.fromkeys(purposes, pen.moment)
        told = ending_of(pen.schedule, way.column.pk, dict.fromkeys(purposes, until), since)
        basis = pen.standing.purposes_by_number
        end = datetime.fromtimestamp(until, UTC) if until else None
        history = tuple((purpose, end, basis[purpose].legal_basis) for purpose in purposes)
        way.ends[purposes] = _Ends(tuple(told[name] for name in _OF_PURPOSES), history)
        return way.ends[purposes]

    def _next_id(self) -> bytes:
        self._ids = new_ids(_IDS_AT_ONCE)
        return self._ids.pop()
