"""Where a token's texts are sealed, and how it is found."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from keyring.keys import IndexKey, index_key_for
from keyring.places import cell_place

INDEX_SCOPE = "token"
_TEXT_COLUMN, _DATA_COLUMN, _NOBODY = UUID(int=2), UUID(int=3), UUID(int=0)


def text_place(environment_id: UUID, subject_id: UUID | None, token_id: UUID) -> bytes:
    """The place of a token's own text."""
    return cell_place(environment_id, subject_id or _NOBODY, _TEXT_COLUMN, token_id)


def data_place(environment_id: UUID, token_id: UUID) -> bytes:
    """The place of the raw data behind a token that belongs to nobody."""
    return cell_place(environment_id, _NOBODY, _DATA_COLUMN, token_id)


def index_of(environment_id: UUID) -> IndexKey:
    """The key that blinds token texts and data for look-ups."""
    return index_key_for(environment_id, INDEX_SCOPE)


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
