"""The key and the handle of a subject, for writes."""

from __future__ import annotations

from keyring.keys import OpenKey, open_key
from keyring.models import WrappedKey
from keyring.places import cell_place
from userstore.models import Subject
from userstore.reading.opening import HANDLE_COLUMN


def subject_key(subject: Subject) -> OpenKey:
    """Open the key of a subject in whose environment the transaction is."""
    wrapped = WrappedKey.objects.values_list("wrapped", flat=True).get(pk=subject.key_id)
    return open_key(subject.environment_id, subject.key_id, bytes(wrapped))


def handle_of(subject: Subject, key: OpenKey) -> str:
    """Open the name under which a subject appears in the book."""
    place = cell_place(subject.environment_id, subject.public_id, HANDLE_COLUMN, subject.key_id)
    return key.unseal(bytes(subject.handle), place).hex()
