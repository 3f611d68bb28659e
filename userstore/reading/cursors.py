"""Cursors: a place in one order of one accessor of one environment, sealed, so they reveal no order and no value."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from uuid import UUID

import orjson

from governance.errors import Invalid
from keyring.errors import Unsealable
from keyring.keys import KeyKind, key_by_id, key_for
from keyring.places import text_place
from keyring.sealing import key_id_of
from userstore.reading.ordering import Order, Place, as_rank


def cursor_at(place: Place, order: Order, environment_id: UUID, accessor_id: UUID) -> str:
    """Make the cursor of a place."""
    told = orjson.dumps([place.subject_id.hex, *(value for _, value in place.ranks)])
    key = key_for(environment_id, KeyKind.TEXT)
    sealed = key.seal(told, _belongs_to(order, environment_id, accessor_id))
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def place_of(cursor: str, order: Order, environment_id: UUID, accessor_id: UUID, *, field: str) -> Place:
    """Return the place a cursor stands for.

    Raises:
        Invalid: the cursor was not made here for this accessor and order.
    """
    try:
        sealed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key = key_by_id(environment_id, key_id_of(sealed), kind=KeyKind.TEXT)
        subject, *values = orjson.loads(key.unseal(sealed, _belongs_to(order, environment_id, accessor_id)))
    except (Unsealable, Error, ValueError):
        raise Invalid(
            "The cursor does not belong to this accessor in this order.", field=field, remedy="Begin again without one."
        ) from None
    return Place(tuple(as_rank(value) for value in values), UUID(hex=subject))


def _belongs_to(order: Order, environment_id: UUID, accessor_id: UUID) -> bytes:
    return text_place(environment_id, "accessor", f"cursor {order.name}", accessor_id)
