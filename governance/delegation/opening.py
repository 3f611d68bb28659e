"""Whether what was granted could be handed on to a client now, and who the two of them are."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.authorization import refusal
from governance.catalogue import Requestable, requestables
from governance.delegation.handed import ceiling_of, grant_in_force
from governance.identities import CLIENT, OPERATOR, Caller
from governance.models import Account, Client, Delegation, Grant
from governance.people import caller_named
from governance.rights import Resource
from governance.standing import Standing, StandingClient, StandingGrant


def must_be_open(
    standing: Standing, grant: Grant, client: Caller, resource: Resource, *, now: datetime
) -> StandingGrant:
    """Return the grant as its holder could read by it now; refuse where it is closed, or the client may not act."""
    if client.account_id == grant.grantee_id:
        raise refusal("delegation: nobody hands on to themselves")
    holder = holder_named(grant.grantee, grant.environment_id)
    purposes = [purpose.public_id for purpose in standing.purposes.values()]
    found = grant_in_force(standing, holder, grant.pk, resource, purposes, now)
    ceiling = ceiling_of(standing=standing, client=client, resource=resource, now=now)
    for each in (found, ceiling):
        if isinstance(each, str):
            raise refusal(each)
    return found  # type: ignore[return-value]  # a text was refused


def must_be_there(accessor_id: UUID) -> Requestable:
    """Return what a grant opens; refuse where it is gone."""
    found = requestables().find(accessor_id)
    if found is None:
        raise refusal("grant: what it is for is no longer there")
    return found


def holder_named(account: Account, environment_id: UUID) -> Caller:
    """Return who holds a grant as a caller; refuse where they can no longer be one."""
    client = Client.objects.filter(account=account).first()
    kind, public_id = (CLIENT, client.public_id) if client else (OPERATOR, account.pk)
    found = caller_named(kind=kind, caller_id=public_id, environment_id=environment_id)
    if found is None:
        raise refusal("grant: whose it is can no longer use it")
    return found


def client_named(client: StandingClient, environment_id: UUID) -> Caller:
    """Return a client as a caller, of whose program nothing is known."""
    return Caller(CLIENT, client.public_id, client.account_id, environment_id, client.name)


def told_of(row: Delegation, client_id: UUID) -> dict[str, Any]:
    """What every entry about a delegation says."""
    return {"delegation": row.pk, "grant": row.grant_id, "client": client_id, "minutes": row.minutes}


def digest_of_code(code: str) -> str:
    """Return what is kept of what takes a delegation."""
    return hashlib.sha256(code.encode()).hexdigest()
