"""Unsealing cells: wrong place or key is one opaque failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from governance.authorization import Clearance
from governance.policies.visibility import Visible
from keyring.keys import subject_key_opener
from keyring.places import cell_prefix
from userstore.datatypes import Concrete, DataType
from userstore.definitions import SYSTEM_COLUMNS, Definitions
from userstore.reading.rows import OpenedSubject, SealedSubject

HANDLE_COLUMN = UUID(int=1)
"""The place of a subject's handle: no column has this id."""
_HANDLE_PLACE = HANDLE_COLUMN.bytes
_KEPT_AS_TEXT = (Concrete.STRING, Concrete.COMPOSITE)
TextReader = Callable[[bytes], str]


def unseal(subjects: list[SealedSubject], definitions: Definitions, clearance: Clearance) -> list[OpenedSubject]:
    """Open the cells of subjects; needs the proof that the call was allowed.

    Raises:
        Unsealable: a cell was moved, changed or belongs to another key.
    """
    environment_id = clearance.environment_id
    prefix = cell_prefix(environment_id)
    readers = clearance.standing.part("readers", lambda: _readers(definitions))
    opened = []
    key_of = subject_key_opener(environment_id, count=len(subjects))
    for subject in subjects:
        key = key_of(subject.key_bytes, subject.wrapped)
        unseal_cell, place = key.unseal, prefix + subject.id_bytes
        values: dict[int, list[str]] = {}
        for _, _, column_pk, value_id, sealed, _, _ in subject.cells:
            column, text_of, data_type = readers[column_pk]
            stored = unseal_cell(sealed, place + column + value_id)
            try:
                text = text_of(stored)
            except UnicodeDecodeError:
                text = None  # the error would quote the bytes: the refusal is made below, where it has no context
            if text is None:
                text = data_type.render(data_type.restore(stored))
            if column_pk in values:
                values[column_pk].append(text)
            else:
                values[column_pk] = [text]
        # The name under which the subject appears in the book: 32 hexadecimal characters.
        handle = key.unseal_lasting(subject.handle, place + _HANDLE_PLACE + subject.key_bytes).hex()
        opened.append(OpenedSubject(subject, key, handle, values))
    return opened


def _readers(definitions: Definitions) -> dict[int, tuple[bytes, TextReader, DataType]]:
    """What a cell's column adds to its place, and how its stored bytes become text."""
    return {
        pk: (column.public_id.bytes, _text_reader(column.data_type), column.data_type)
        for pk, column in definitions.by_pk.items()
    }


def _text_reader(data_type: DataType) -> TextReader:
    def read(stored: bytes) -> str:
        return data_type.render(data_type.restore(stored))

    return bytes.decode if data_type.concrete in _KEPT_AS_TEXT else read


@dataclass(frozen=True, slots=True)
class Seen:
    """Which members of a person a policy's scripts are given: system columns by name, stored ones by key and name."""

    system: tuple[str, ...]
    columns: tuple[tuple[int, str, bool], ...]

    def in_arrays(self) -> Seen:
        """The same where every column may have several values, as those of deleted values may."""
        return Seen(self.system, tuple((pk, name, True) for pk, name, _ in self.columns))


def seen_by(visible: Visible, definitions: Definitions) -> Seen:
    """Work out once what every profile for these scripts contains."""
    system = tuple(name for name in SYSTEM_COLUMNS if visible.shows(name)) if visible else ()
    return Seen(system, tuple((c.pk, c.name, c.is_array) for c in definitions.seen_by(visible)))


def profiles_of(subjects: Sequence[OpenedSubject], seen: Seen) -> list[Mapping[str, object]]:
    """The subjects as scripts see them: values as texts; absent ones are null."""
    profiles: list[Mapping[str, object]] = []
    for subject in subjects:
        profile: dict[str, object] = {name: subject.sealed.system_text(name) for name in seen.system}
        values = subject.values
        for pk, name, is_array in seen.columns:
            texts = values.get(pk, ())
            profile[name] = texts if is_array else (texts[0] if texts else None)
        profiles.append(profile)
    return profiles
