"""Client credentials to access token: throttled, recorded, one answer for every kind of failure."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from audit.actors import Actor
from audit.recorder import append
from governance import events
from governance.actions.clients import secret_is_good
from governance.actions.doorway import (
    count_failure,
    counter_of,
    find_client,
    is_stopped,
    read_id,
    record_refusal,
    refuse_throttled,
)
from governance.actions.signing import ensure_signing_key
from governance.authorization import refusal
from governance.errors import Unauthenticated
from governance.models import Client
from governance.provenance.admission import rules_of
from governance.provenance.reasons import Because
from governance.standing import fresh_standing_of
from governance.tokens.access import issue_access_token
from keyring.walls import in_environment


def exchange_credentials(
    *, client_id: str, client_secret: str, address: str | None, now: datetime | None = None
) -> tuple[str, int]:
    """Exchange a client's id and secret for an access token and its life time in seconds.

    Raises:
        Unauthenticated: unknown client, wrong or expired secret, disabled or frozen client: all alike.
        Refused: the client's workload policy demands that somebody vouches for the program that calls.
        Throttled: too many failures for this client from this address within a minute.
        Unavailable: failures cannot be counted, so nobody is let in.
    """
    now = now or timezone.now()
    wanted = read_id(client_id)
    counter = counter_of(wanted, address)
    refuse_throttled(counter)
    client = find_client(wanted)
    if client is None or not _is_good(client, client_secret, now) or is_stopped(client):
        count_failure(counter)
        record_refusal(client, ["credentials"])
        raise Unauthenticated("The client's credentials are not valid.")
    against = _against_a_secret_alone(client)
    token, seconds = issue_access_token(client, key=ensure_signing_key(), now=now.timestamp())
    with in_environment(client.environment_id):
        append(
            events.TOKEN_ISSUED,
            environment_id=client.environment_id,
            actor=Actor("client", client.public_id),
            facts={"client": client.public_id, "expires": seconds, **({"reasons": against} if against else {})},
        )
    return token, seconds


def _is_good(client: Client, text: str, now: datetime) -> bool:
    with in_environment(client.environment_id):
        return secret_is_good(client=client, text=text, now=now)


def _against_a_secret_alone(client: Client) -> list[str]:
    """Say what speaks against it where a workload policy only audits; refuse where one is enforced."""
    rules = rules_of(fresh_standing_of(client.environment_id), client.public_id)
    if rules is None:
        return []
    if rules.is_enforced:
        refused = refusal(Because.UNVOUCHED.value)
        record_refusal(client, refused.reasons, decision_id=refused.decision_id)
        raise refused
    return [Because.UNVOUCHED.value]
