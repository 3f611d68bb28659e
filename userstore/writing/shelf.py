"""What is stored of many subjects, for a write: their keys and values, fetched with a statement each."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from keyring.keys import OpenKey, open_key
from keyring.models import WrappedKey
from userstore.definitions import ColumnDefinition
from userstore.models import Subject, Value
from userstore.models.subjects import LIVE


class Shelf:
    """The keys and the live values of locked subjects; must be made inside their environment."""

    def __init__(self, subjects: Sequence[Subject], columns: Sequence[ColumnDefinition]) -> None:
        self._wrapped: dict[UUID, bytes] = {}
        self._rows: dict[tuple[int, int], list[Value]] = {}
        if not subjects:
            return
        keys = WrappedKey.objects.filter(pk__in=[subject.key_id for subject in subjects])
        self._wrapped = {key: bytes(wrapped) for key, wrapped in keys.values_list("pk", "wrapped")}
        stored = Value.objects.filter(subject__in=subjects, column_id__in=[c.pk for c in columns], state=LIVE)
        for row in stored.order_by("subject_id", "column_id", "ordinal"):
            self._rows.setdefault((row.subject_id, row.column_id), []).append(row)

    def key(self, subject: Subject) -> OpenKey:
        """Open the key of a subject.

        Raises:
            Unsealable: there is none any more, or it belongs elsewhere.
        """
        return open_key(subject.environment_id, subject.key_id, self._wrapped.get(subject.key_id, b""))

    def rows(self, subject: Subject, column: ColumnDefinition) -> list[Value]:
        """The live values of one column of a subject, in their order."""
        return self._rows.get((subject.pk, column.pk), [])
