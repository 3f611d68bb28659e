"""Unsealing cells: wrong place or key is one opaque failure."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from governance.authorization import Clearance
from keyring.keys import OpenKey, open_key
from keyring.places import cell_place
from userstore.definitions import SYSTEM_COLUMNS, Definitions
from userstore.reading.rows import OpenedSubject, OpenedValue, SealedSubject

HANDLE_COLUMN = UUID(int=1)
"""The place of a subject's handle: no column has this id."""


def unseal(subjects: list[SealedSubject], definitions: Definitions, clearance: Clearance) -> list[OpenedSubject]:
    """Open the cells of subjects; needs the proof that the call was allowed.

    Raises:
        Unsealable: a cell was moved, changed or belongs to another key.
    """
    environment_id = clearance.environment_id
    columns = definitions.by_pk
    opened = []
    for subject in subjects:
        key = open_key(environment_id, subject.key_id, subject.wrapped)
        values: dict[int, list[OpenedValue]] = {}
        for cell in subject.cells:
            column = columns[cell.column_pk]
            place = cell_place(environment_id, subject.public_id, column.public_id, cell.value_id)
            plain = key.unseal(cell.sealed, place)
            kind = column.data_type
            text = kind.render(kind.restore(plain))
            values.setdefault(cell.column_pk, []).append(OpenedValue(cell.value_id, text))
        opened.append(OpenedSubject(subject, key, open_handle(environment_id, subject, key), values))
    return opened


def open_handle(environment_id: UUID, subject: SealedSubject, key: OpenKey) -> str:
    """Open the name under which a subject appears in the book: 32 hexadecimal characters."""
    place = cell_place(environment_id, subject.public_id, HANDLE_COLUMN, subject.key_id)
    return key.unseal(subject.handle, place).hex()


def profile_of(subject: OpenedSubject, definitions: Definitions) -> Mapping[str, object]:
    """The subject as a script policy sees it: consented values only, as texts; absent ones are null."""
    profile: dict[str, object] = {name: subject.sealed.system_text(name) for name in SYSTEM_COLUMNS}
    for column in definitions.stored:
        texts = [value.text for value in subject.values.get(column.pk, ())]
        profile[column.name] = texts if column.is_array else (texts[0] if texts else None)
    return profile
