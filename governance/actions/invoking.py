"""One client invokes another: with its own token it gets one that acts as the other, and says who is behind it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from audit.recorder import append
from governance import events
from governance.actions.change import refusal_on_record
from governance.actions.doorway import read_id
from governance.actions.signing import ensure_signing_key
from governance.authorization import Ask, authorize, refusal
from governance.errors import Unauthenticated
from governance.models import Client
from governance.rights import Resource
from governance.standing import Standing, fresh_standing_of
from governance.tokens.access import LONGEST_CHAIN, caller_of, issue_access_token
from keyring.walls import in_environment


def exchange_for_client(*, subject_token: str, audience: str, now: datetime | None = None) -> tuple[str, int]:
    """Exchange a client's access token for one with which it acts as another client (RFC 8693).

    The right `invoke` on the other client is needed now and at every call with the token, which lives shortly. The
    other client's rights are all that it opens.

    Raises:
        Unauthenticated: the token is none of ours, or has expired.
        Refused: the caller may not invoke that client, or there is none; on record.
    """
    now = now or timezone.now()
    if not subject_token:
        raise Unauthenticated("Send the client's access token as subject_token.")
    caller = caller_of(subject_token, now=now.timestamp())
    standing = fresh_standing_of(caller.environment_id)
    with refusal_on_record(events.CLIENT_INVOKED, caller):
        resource = _resource(standing, audience)
        if len(caller.via) + 1 > LONGEST_CHAIN or resource.public_id in {caller.id, *caller.via}:
            raise refusal("invoke: the chain of callers is too long, or comes back to one of them")
        clearance = authorize(caller, Ask("invoke", resource), standing=standing, now=now)
    with in_environment(caller.environment_id):
        client = Client.objects.get(public_id=resource.public_id)
        token, seconds = issue_access_token(
            client, key=ensure_signing_key(), now=now.timestamp(), via=(caller.id, *caller.via)
        )
        append(
            events.CLIENT_INVOKED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"client": client.public_id, "expires": seconds},
            decision_id=clearance.decision_id,
        )
    return token, seconds


def _resource(standing: Standing, audience: str) -> Resource:
    wanted = read_id(audience)
    client = standing.clients.get(wanted) if wanted is not None else None
    if client is None:
        raise refusal("invoke: there is no such client in this environment")
    return Resource("client", client.pk, client.public_id, client.name)
