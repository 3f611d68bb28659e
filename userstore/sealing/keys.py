"""The keys of one client's values, kept for as long as the environment's epoch holds.

Making a further key or destroying one raises the epoch, so a destroyed key opens nothing from the next call on.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from governance.standing import Standing
from keyring.actions import ensure_key
from keyring.errors import Unsealable
from keyring.keys import KeyKind, OpenKey, keys_of_scope


def scope_of(client_id: UUID) -> str:
    """Name the keys of one client."""
    return str(client_id)


def newest_key(standing: Standing, client_id: UUID) -> OpenKey:
    """Return the key a client's values are sealed with; the first one is made where there is none."""
    try:
        keys = _keys(standing, client_id)
    except Unsealable:
        ensure_key(environment_id=standing.environment_id, kind=KeyKind.SERVICE, scope=scope_of(client_id))
        keys = _keys(standing, client_id)
    return next(iter(keys.values()))


def keys_by_id(standing: Standing, client_id: UUID) -> Mapping[bytes, OpenKey]:
    """Return a client's keys by the 16 bytes of their ids; empty where it has none yet."""
    try:
        return _keys(standing, client_id)
    except Unsealable:
        return {}


def keys_of_client(environment_id: UUID, client_id: UUID) -> list[OpenKey]:
    """Return a client's keys as they are now, the newest first."""
    return keys_of_scope(environment_id, KeyKind.SERVICE, scope_of(client_id))


def _keys(standing: Standing, client_id: UUID) -> Mapping[bytes, OpenKey]:
    """All keys of a client, the newest first; having none is not remembered, since a first one raises no epoch."""

    def opened() -> Mapping[bytes, OpenKey]:
        keys = keys_of_client(standing.environment_id, client_id)
        if not keys:
            raise Unsealable
        return {key.id.bytes: key for key in keys}

    return standing.part(("sealing keys", client_id), opened)
