"""Where a token's texts are sealed, and how it is found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from keyring.keys import IndexKey, index_key_for, live_index_keys
from keyring.places import cell_place
from keyring.rows import serialise

INDEX_SCOPE = "token"
_TEXT_COLUMN, _DATA_COLUMN, _NOBODY = UUID(int=2), UUID(int=3), UUID(int=0)


def text_place(environment_id: UUID, subject_id: UUID | None, token_id: UUID) -> bytes:
    """The place of a token's own text."""
    return cell_place(environment_id, subject_id or _NOBODY, _TEXT_COLUMN, token_id)


def data_place(environment_id: UUID, token_id: UUID) -> bytes:
    """The place of the raw data behind a token that belongs to nobody."""
    return cell_place(environment_id, _NOBODY, _DATA_COLUMN, token_id)


def indexes_of(environment_id: UUID) -> tuple[IndexKey, ...]:
    """The keys that blind token texts and data: the first for what is written, all of them for look-ups."""
    writing = index_key_for(environment_id, INDEX_SCOPE)
    former = (key for key in live_index_keys(environment_id, INDEX_SCOPE) if key.version != writing.version)
    return (writing, *former)


def wait_while_keys_change(environment_id: UUID, indexes: Sequence[IndexKey]) -> None:
    """Let one transaction at a time mint while there is more than one key, until it ends.

    The database keeps texts apart under one key; under two, only whoever looks first and mints then does.
    """
    if len(indexes) > 1:
        serialise(environment_id, "minting")


def blind_text(index: IndexKey, text: str) -> bytes:
    """The blind index of a token's text."""
    return index.blind(b"text|" + text.encode())


def blind_data(index: IndexKey, data: str, *, transformer: int, policy: int) -> bytes:
    """The blind index of what a token stands for, under one transformer and policy."""
    return index.blind(f"data|{transformer}|{policy}|".encode() + data.encode())


def blind_reuse(
    index: IndexKey, text: str, *, transformer: int, policy: int, subject: int, column: int, purposes: Iterable[int]
) -> bytes:
    """The blind index under which an equal request finds the same token again."""
    named = ",".join(map(str, sorted(purposes)))
    return index.blind(f"reuse|{transformer}|{policy}|{subject}|{column}|{named}|".encode() + text.encode())
