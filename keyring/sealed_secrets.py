"""Reading secrets that `create_sealed_secret` keeps."""

from __future__ import annotations

from uuid import UUID

from keyring import rows
from keyring.errors import Unsealable
from keyring.keys import key_bytes
from keyring.kinds import KeyKind
from keyring.places import secret_place
from keyring.sealing import OpenKey
from keyring.wrapping import WRAPPED_KEY_BYTES

SECRET_KINDS = frozenset({KeyKind.SECRET, KeyKind.SIGNING})


def open_sealed_secret(environment_id: UUID, key_id: UUID) -> bytes:
    """Return the secret; raise `Unsealable` where it is destroyed, altered or of another environment.

    Not remembered here: the caller knows how long it needs the secret.
    """
    row = rows.wrapped_key(environment_id, key_id)
    if row is None or row.kind not in SECRET_KINDS:
        raise Unsealable
    opened = OpenKey(key_id=row.id, version=row.version, key=key_bytes(row, KeyKind(row.kind), row.scope))
    return opened.unseal(bytes(row.wrapped)[WRAPPED_KEY_BYTES:], secret_place(environment_id, key_id))
