"""Cursors: opaque and sealed, good for one accessor in one environment, so they reveal no order and no value."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from uuid import UUID

from governance.errors import Invalid
from keyring.errors import Unsealable
from keyring.keys import KeyKind, key_for
from keyring.places import text_place

BEGINNING = UUID(int=0)


def cursor_at(subject_id: UUID, environment_id: UUID, accessor_id: UUID) -> str:
    """Make the cursor behind a subject."""
    key = key_for(environment_id, KeyKind.TEXT)
    sealed = key.seal(subject_id.bytes, text_place(environment_id, "accessor", "cursor", accessor_id))
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def after_of(cursor: str, environment_id: UUID, accessor_id: UUID) -> UUID:
    """Return the subject a cursor stands behind; "" is the beginning.

    Raises:
        Invalid: the cursor was not made here for this accessor.
    """
    if not cursor:
        return BEGINNING
    try:
        sealed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key = key_for(environment_id, KeyKind.TEXT)
        return UUID(bytes=key.unseal(sealed, text_place(environment_id, "accessor", "cursor", accessor_id)))
    except (Unsealable, Error, ValueError):
        raise Invalid(
            "The cursor does not belong to this accessor.", field="starting_after", remedy="Begin again without one."
        ) from None
