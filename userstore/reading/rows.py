"""What travels along the read line: sealed subjects, opened ones, rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple
from uuid import UUID

from keyring.keys import OpenKey
from userstore.reading.calls import ALONE, Neighbours
from userstore.reading.statements import timestamp_of, uuid_of


class SealedCell(NamedTuple):
    """One value row as it comes from the database; `expires` runs beside `purposes` (Unix seconds, 0: no end).

    The first two say at which epoch and whose; without cells there is a row of NULLs behind the epoch. `value_id` is
    the id's 16 bytes, the last two are arrays in PostgreSQL's binary format: the id is part of the value's place, and
    rarely anything else, and most cells of a read have the same few purposes.
    """

    epoch: int
    subject_pk: int
    column_pk: int
    value_id: bytes
    sealed: bytes
    purposes: bytes
    expires: bytes


make_cell = partial(tuple.__new__, SealedCell)
"""Half the time of the class's own constructor, which only reaches this."""


@dataclass(slots=True)
class SealedSubject:
    """A subject with the cells that were asked for, still sealed.

    Ids are their 16 bytes, since most of them are only parts of places. `facts` are created, updated, organization and
    version as they came; `withheld` names the columns of which the consent gate kept cells back.
    """

    pk: int
    id_bytes: bytes
    key_bytes: bytes
    wrapped: bytes
    handle: bytes
    facts: tuple[bytes, bytes, bytes | None, int]
    cells: list[SealedCell]
    withheld: Collection[int] = ()

    @property
    def public_id(self) -> UUID:
        return uuid_of(self.id_bytes)

    @property
    def key_id(self) -> UUID:
        return uuid_of(self.key_bytes)

    def only(self, column_pks: Collection[int]) -> SealedSubject:
        """The same subject with the cells of some columns."""
        cells = [cell for cell in self.cells if cell.column_pk in column_pks]
        return replace(self, cells=cells)

    def system_text(self, name: str) -> str | None:
        """A system column as text, made only when somebody asks: most reads do not."""
        created, updated, organization, version = self.facts
        match name:
            case "id":
                return str(self.public_id)
            case "created":
                return _seconds(created)
            case "updated":
                return _seconds(updated)
            case "organization_id":
                return str(UUID(bytes=organization)) if organization else None
            case "version":
                return str(version)
        raise KeyError(name)


@lru_cache(maxsize=1024)
def _seconds(encoded: bytes) -> str:
    return timestamp_of(encoded).isoformat(timespec="seconds").replace("+00:00", "Z")


class OpenedValue(NamedTuple):
    """One value in the clear with its id, on its way to becoming a token."""

    value_id: UUID
    text: str


@dataclass(slots=True)
class OpenedSubject:
    """A subject with its values as texts by column key, in the order of its permitted cells."""

    sealed: SealedSubject
    key: OpenKey
    handle: str
    values: dict[int, list[str]]

    def named_values(self, column_pk: int) -> list[OpenedValue]:
        """One column's values with their ids, for those few who need these."""
        ids = (UUID(bytes=cell.value_id) for cell in self.sealed.cells if cell.column_pk == column_pk)
        texts = self.values.get(column_pk, ())
        return [OpenedValue(value_id, text) for value_id, text in zip(ids, texts, strict=True)]


@dataclass(slots=True)
class Rows:
    """The result of a read: rows to release, and the facts of their record.

    `limited_by` names the limit, not announced to the caller, that left it without rows. `marks` stand beside the rows
    where something of them is masked or blank: by column, the mark by which it is known when it comes back.
    """

    rows: list[dict[str, Any]]
    subjects: Sequence[SealedSubject]
    facts: dict[str, Any]
    decision_id: UUID
    neighbours: Neighbours = ALONE
    entry_id: UUID | None = None
    limited_by: str = ""
    marks: Sequence[dict[str, str]] = ()

    @property
    def subject_ids(self) -> list[UUID]:
        """Whose the rows are, in their order."""
        return [subject.public_id for subject in self.subjects]
