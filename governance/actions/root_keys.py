"""Moving environment keys under another root key: a new one, or one in another key management."""

from __future__ import annotations

from uuid import UUID

from audit.actors import Actor
from audit.recorder import append
from governance import events
from keyring.actions import rewrap_environment_keys
from keyring.kms import providers
from keyring.walls import in_environment


def rewrap_root(actor: Actor, *, environment_id: UUID) -> int:
    """Wrap the keys of one environment under the newest root key of the first provider; return how many.

    Who may do this is decided where it is called: a management command. Reads go on all the time.

    Raises:
        KmsUnavailable: a provider cannot be asked; nothing has changed.
    """
    with in_environment(environment_id):
        rewrapped = rewrap_environment_keys(environment_id=environment_id)
        append(
            events.ROOT_REWRAPPED,
            environment_id=environment_id,
            actor=actor,
            facts={"provider": providers()[0].name, "keys": rewrapped},
        )
    return rewrapped
