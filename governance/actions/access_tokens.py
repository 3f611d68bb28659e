"""Client credentials to access token: throttled, recorded, one answer for every kind of failure."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from audit.actors import ANONYMOUS, Actor
from audit.recorder import append
from governance import events
from governance.actions.clients import secret_is_good
from governance.actions.signing import ensure_signing_key
from governance.errors import Throttled, Unauthenticated, Unavailable
from governance.identities import CLIENT
from governance.models import Client, Freeze
from governance.tokens.access import issue_access_token
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment

_WINDOW_SECONDS = 60


def exchange_credentials(
    *, client_id: str, client_secret: str, address: str | None, now: datetime | None = None
) -> tuple[str, int]:
    """Exchange a client's id and secret for an access token and its life time in seconds.

    Raises:
        Unauthenticated: unknown client, wrong or expired secret, disabled or frozen client: all alike.
        Throttled: too many failures for this client from this address within a minute.
        Unavailable: failures cannot be counted, so nobody is let in.
    """
    now = now or timezone.now()
    wanted = _read_id(client_id)
    counter = _counter(wanted, address)
    _refuse_throttled(counter)
    client = _find(wanted)
    if client is None or not _is_good(client, client_secret, now) or _is_stopped(client):
        _count_failure(counter)
        _record_refusal(client, "credentials")
        raise Unauthenticated("The client's credentials are not valid.")
    token, seconds = issue_access_token(client, key=ensure_signing_key(), now=now.timestamp())
    with in_environment(client.environment_id):
        append(
            events.TOKEN_ISSUED,
            environment_id=client.environment_id,
            actor=Actor("client", client.public_id),
            facts={"client": client.public_id, "expires": seconds},
        )
    return token, seconds


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _find(wanted: UUID | None) -> Client | None:
    """Ask the one function that may look for a client before its environment is known."""
    if wanted is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("select environment_id from governance_find_client(%s)", [wanted])
        row = cursor.fetchone()
    if row is None:
        return None
    with in_environment(row[0]):
        return Client.objects.filter(public_id=wanted).first()


def _is_good(client: Client, text: str, now: datetime) -> bool:
    with in_environment(client.environment_id):
        return secret_is_good(client=client, text=text, now=now)


def _is_stopped(client: Client) -> bool:
    """A token handed out under a freeze would be good again the moment it is lifted, in whose hands ever it is."""
    if client.disabled_at is not None:
        return True
    with in_environment(client.environment_id):
        return Freeze.objects.filter(kind=CLIENT, target_id=client.public_id, lifted_at=None).exists()


def _counter(client_id: UUID | None, address: str | None) -> str:
    """Name the counter of a client, not of one of the many ways to write its id; what is no id shares one."""
    mixed = hashlib.blake2b(f"{client_id}|{address or ''}".encode(), digest_size=16).hexdigest()
    return f"token-failures:{mixed}"


def _refuse_throttled(counter: str) -> None:
    try:
        failures = cache.get(counter, 0)
    except Exception:
        raise Unavailable("No access token can be given out now.", remedy="Try again shortly.") from None
    if failures >= settings.GOVERNANCE_FAILED_TOKEN_REQUESTS_PER_MINUTE:
        _record_refusal(None, "throttled")
        raise Throttled("Too many failed tries.", remedy=f"Wait {_WINDOW_SECONDS} seconds.")


def _count_failure(counter: str) -> None:
    cache.add(counter, 0, timeout=_WINDOW_SECONDS)
    cache.incr(counter)


def _record_refusal(client: Client | None, reason: str) -> None:
    environment_id = client.environment_id if client else SYSTEM_ENVIRONMENT
    with in_environment(environment_id):
        append(
            events.TOKEN_REFUSED,
            environment_id=environment_id,
            actor=ANONYMOUS,
            facts={"client": client.public_id if client else None, "reasons": [reason]},
            outcome="refused",
        )
