"""The keys with which clients' own values are sealed: further ones, and the end of former ones."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from governance.actions.change import configuration_change
from governance.actions.seeing import must_configure
from governance.drafts.draftable import draftable
from governance.identities import Caller
from governance.standing import Standing, fresh_standing_of
from keyring.actions import create_key, destroy_key
from keyring.keys import KeyKind, OpenKey
from keyring.walls import in_environment
from userstore import events
from userstore.errors import Conflict, NotFound
from userstore.sealing.keys import keys_of_client, scope_of


@draftable
def renew_sealing_key(caller: Caller, *, client_id: UUID, now: datetime | None = None) -> OpenKey:
    """Give a client a further sealing key: new values are sealed with it, older ones go on opening.

    Raises:
        NotFound: there is no such client.
        Refused: the caller may not configure.
    """
    with configuration_change(caller, events.SEALING_KEY_CREATED, now=now) as change:
        _must_be_a_client(change.clearance.standing, client_id)
        key = create_key(environment_id=change.environment_id, kind=KeyKind.SERVICE, scope=scope_of(client_id)).opened
        change.facts.update(client=client_id, key=key.id, version=key.version)
    return key


@draftable
def destroy_sealing_key(caller: Caller, *, client_id: UUID, key_id: UUID, now: datetime | None = None) -> None:
    """Destroy a former sealing key of a client: what is still sealed with it, in whichever copy, never opens again.

    Raises:
        NotFound: the client has no such key.
        Conflict: it is the newest one, which new values are sealed with.
        Refused: the caller may not configure.
    """
    with configuration_change(caller, events.SEALING_KEY_DESTROYED, now=now) as change:
        keys = keys_of_client(change.environment_id, client_id)
        found = next((key for key in keys if key.id == key_id), None)
        if found is None:
            raise NotFound("The client has no such sealing key.", field="key_id")
        if found is keys[0]:
            raise Conflict("New values are sealed with this key.", field="key_id", remedy="Renew the key first.")
        destroy_key(environment_id=change.environment_id, key_id=key_id)
        change.facts.update(client=client_id, key=key_id, version=found.version)


def list_sealing_keys(caller: Caller, *, client_id: UUID, now: datetime | None = None) -> list[OpenKey]:
    """List a client's sealing keys, the newest first: which there are, never what they are.

    Raises:
        NotFound: there is no such client.
        Refused: the caller may not configure.
    """
    must_configure(caller, now=now)
    _must_be_a_client(fresh_standing_of(caller.environment_id), client_id)
    with in_environment(caller.environment_id):
        return keys_of_client(caller.environment_id, client_id)


def _must_be_a_client(standing: Standing, client_id: UUID) -> None:
    if client_id not in standing.clients:
        raise NotFound("There is no such client.", field="client_id")
