"""Registering who measures what runs."""

from __future__ import annotations

from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance import events
from governance.actions.change import configuration_change, containment
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import Client, Launcher
from governance.models.provenance import LONGEST_NAME
from governance.provenance.keys import key_id_of, read_public_key, written


@draftable
def register_launcher(caller: Caller, *, name: str, client_id: UUID, public_key: str) -> Launcher:
    """Let the holder of a key vouch for what runs as one client.

    Raises:
        Invalid: no name, or no Ed25519 public key.
        NotFound: there is no such client.
        Conflict: a launcher of this client has the key, or had it.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"A launcher needs a name of 1 to {LONGEST_NAME} characters.", field="name")
    key = read_public_key(public_key)
    if not isinstance(key, Ed25519PublicKey):
        raise Invalid(
            "A launcher's key is of Ed25519.", field="public_key", remedy="`sealbook launch --new-key` makes one."
        )
    with configuration_change(caller, events.LAUNCHER_REGISTERED) as change:
        client = Client.objects.filter(public_id=client_id).first()
        if client is None:
            raise NotFound("There is no such client in this environment.", field="client_id")
        known = Launcher.objects.filter(client=client, key_id=key_id_of(key)).first()
        if known is not None:
            raise Conflict("A launcher of this client has this key.", existing_id=known.public_id, field="public_key")
        launcher = Launcher.objects.create(
            environment_id=caller.environment_id,
            name=name,
            client=client,
            public_key=written(key),
            key_id=key_id_of(key),
            brought_by=caller.id,
        )
        change.facts.update(launcher=launcher.public_id, name=name, client=client_id, key_id=launcher.key_id)
    return launcher


def withdraw_launcher(caller: Caller, *, launcher_id: UUID) -> Launcher:
    """Believe a launcher no more: what it vouched for is refused from the next check on, without a second person.

    Raises:
        NotFound: there is no such launcher.
    """
    with containment(caller, events.LAUNCHER_WITHDRAWN) as change:
        launcher = Launcher.objects.select_related("client").filter(public_id=launcher_id).first()
        if launcher is None:
            raise NotFound("There is no such launcher.", field="id")
        launcher.withdrawn_at = launcher.withdrawn_at or change.now
        launcher.save(update_fields=["withdrawn_at"])
        change.facts.update(
            launcher=launcher.public_id, name=launcher.name, client=launcher.client.public_id, key_id=launcher.key_id
        )
    return launcher
