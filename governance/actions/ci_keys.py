"""Pinning the keys with which the CI signs provenance."""

from __future__ import annotations

from uuid import UUID

from governance import events
from governance.actions.change import configuration_change
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import CiKey
from governance.models.provenance import LONGEST_NAME, LONGEST_URI
from governance.provenance.keys import key_id_of, read_public_key, written

HIGHEST_LEVEL = 3


@draftable
def pin_ci_key(caller: Caller, *, name: str, builder_id: str, public_key: str, build_level: int = 0) -> CiKey:
    """Believe provenance that this key signed, for exactly one builder.

    Args:
        builder_id: the `builder.id` that its statements have to name.
        build_level: the SLSA build level (0 to 3) that this builder is trusted with.

    Raises:
        Invalid: no public key, no name or builder, or no such level.
        Conflict: the key is pinned, or was withdrawn: it stays so.
    """
    name, builder_id = name.strip(), builder_id.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"A key needs a name of 1 to {LONGEST_NAME} characters.", field="name")
    if not 1 <= len(builder_id) <= LONGEST_URI:
        raise Invalid("Say which builder signs with this key.", field="builder_id")
    if not 0 <= build_level <= HIGHEST_LEVEL:
        raise Invalid(f"A SLSA build level is a number from 0 to {HIGHEST_LEVEL}.", field="build_level")
    key = read_public_key(public_key)
    with configuration_change(caller, events.CI_KEY_PINNED) as change:
        known = CiKey.objects.filter(key_id=key_id_of(key)).first()
        if known is not None:
            raise Conflict(
                "This key was withdrawn." if known.withdrawn_at else "This key is pinned.",
                existing_id=known.public_id, field="public_key",
            )  # fmt: skip
        pinned = CiKey.objects.create(
            environment_id=caller.environment_id, name=name, builder_id=builder_id, build_level=build_level,
            public_key=written(key), key_id=key_id_of(key),
        )  # fmt: skip
        change.facts.update(key=pinned.public_id, name=name, key_id=pinned.key_id, builder=builder_id)
    return pinned


@draftable
def withdraw_ci_key(caller: Caller, *, key_id: UUID) -> CiKey:
    """Believe a key no more: what it signed opens nothing from the next check on. A second time changes nothing.

    Raises:
        NotFound: there is no such key.
    """
    with configuration_change(caller, events.CI_KEY_WITHDRAWN) as change:
        key = CiKey.objects.filter(public_id=key_id).first()
        if key is None:
            raise NotFound("There is no such CI key.", field="id")
        key.withdrawn_at = key.withdrawn_at or change.now
        key.save(update_fields=["withdrawn_at"])
        change.facts.update(key=key.public_id, name=key.name, key_id=key.key_id, builder=key.builder_id)
    return key
