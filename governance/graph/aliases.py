"""The alias of an object: sealed where it is stored, found by a keyed index, in clear text nowhere."""

from __future__ import annotations

from uuid import UUID

from governance.errors import Invalid
from keyring.actions import ensure_key
from keyring.blinding import IndexKey
from keyring.errors import UnknownKey
from keyring.keys import KeyKind, index_key_for, live_versions

INDEX_SCOPE = "graph"
LONGEST_ALIAS = 512


def checked_alias(alias: str) -> str | None:
    """Return an alias, None for an empty one; raise `Invalid` where it is too long."""
    if len(alias) > LONGEST_ALIAS:
        raise Invalid(f"An alias has at most {LONGEST_ALIAS} characters.", field="alias")
    return alias or None


def index_to_write_with(environment_id: UUID) -> IndexKey:
    """Return the key that blinds a new alias; an environment from before there were aliases gets its first one."""
    try:
        return index_key_for(environment_id, INDEX_SCOPE)
    except UnknownKey:
        ensure_key(environment_id=environment_id, kind=KeyKind.INDEX, scope=INDEX_SCOPE)
        return index_key_for(environment_id, INDEX_SCOPE)


def blind(index: IndexKey, alias: str) -> bytes:
    """Return what an alias is stored under."""
    return index.blind(b"alias|" + alias.encode())


def blinds_to_look_for(environment_id: UUID, alias: str) -> list[bytes]:
    """Return what an alias may be stored under: one image per live version of the key."""
    versions = live_versions(environment_id, KeyKind.INDEX, INDEX_SCOPE)
    return [blind(index_key_for(environment_id, INDEX_SCOPE, version), alias) for version in versions]
