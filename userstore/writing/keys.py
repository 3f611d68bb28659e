"""The key and the handle of a subject whose row is locked; and one value, with its key as of the same moment."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from keyring.keys import OpenKey, open_key
from keyring.models import WrappedKey
from keyring.places import cell_place
from userstore.models import Subject
from userstore.reading.opening import HANDLE_COLUMN

_VALUE_WITH_KEY = """
    select v.sealed, s.key_id, s.handle, k.wrapped from userstore_value v
    join userstore_subject s on s.environment_id = v.environment_id and s.id = v.subject_id
    join keyring_wrappedkey k on k.environment_id = s.environment_id and k.id = s.key_id
    where v.environment_id = %s and v.id = %s and v.subject_id = %s
"""


def subject_key(subject: Subject) -> OpenKey:
    """Open the key of a subject in whose environment the transaction is."""
    wrapped = WrappedKey.objects.values_list("wrapped", flat=True).get(pk=subject.key_id)
    return open_key(subject.environment_id, subject.key_id, bytes(wrapped))


def opened_value(subject: Subject, column_id: UUID, value_id: UUID) -> tuple[bytes, str] | None:
    """Open one value of a subject that is not locked, and its handle; None where the value is gone.

    One statement gives all three, so the key may be renewed at any time.
    """
    with connection.cursor() as cursor:
        cursor.execute(_VALUE_WITH_KEY, [subject.environment_id, value_id, subject.pk])
        row = cursor.fetchone()
    if row is None:
        return None
    sealed, key_id, handle, wrapped = row
    key = open_key(subject.environment_id, key_id, bytes(wrapped))
    place = cell_place(subject.environment_id, subject.public_id, column_id, value_id)
    handle_place = cell_place(subject.environment_id, subject.public_id, HANDLE_COLUMN, key_id)
    return key.unseal(bytes(sealed), place), key.unseal(bytes(handle), handle_place).hex()


def handle_of(subject: Subject, key: OpenKey) -> str:
    """Open the name under which a subject appears in the book."""
    place = cell_place(subject.environment_id, subject.public_id, HANDLE_COLUMN, subject.key_id)
    return key.unseal(bytes(subject.handle), place).hex()
