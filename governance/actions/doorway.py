"""What every way in has in common: finding the client, counting failures, putting refusals on record."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import connection

from audit.actors import ANONYMOUS
from audit.recorder import append
from governance import events
from governance.errors import Throttled, Unavailable
from governance.identities import CLIENT
from governance.models import Client, Freeze
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment

_WINDOW_SECONDS = 60


def read_id(text: str) -> UUID | None:
    """Return an id, None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def find_client(wanted: UUID | None) -> Client | None:
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


def is_stopped(client: Client) -> bool:
    """Whether a client is disabled or frozen.

    A token handed out under a freeze would be good again the moment it is lifted, in whose hands ever it is.
    """
    if client.disabled_at is not None:
        return True
    with in_environment(client.environment_id):
        return Freeze.objects.filter(kind=CLIENT, target_id=client.public_id, lifted_at=None).exists()


def counter_of(client_id: UUID | None, address: str | None) -> str:
    """Name the counter of a client, not of one of the many ways to write its id; what is no id shares one."""
    mixed = hashlib.blake2b(f"{client_id}|{address or ''}".encode(), digest_size=16).hexdigest()
    return f"token-failures:{mixed}"


def refuse_throttled(counter: str) -> None:
    """Return if another try is allowed.

    Raises:
        Throttled: too many failures within a minute; on record.
        Unavailable: failures cannot be counted, so nobody is let in.
    """
    try:
        failures = cache.get(counter, 0)
    except Exception:
        raise Unavailable("No access token can be given out now.", remedy="Try again shortly.") from None
    if failures >= settings.GOVERNANCE_FAILED_TOKEN_REQUESTS_PER_MINUTE:
        record_refusal(None, ["throttled"])
        raise Throttled("Too many failed tries.", remedy=f"Wait {_WINDOW_SECONDS} seconds.")


def count_failure(counter: str) -> None:
    """Count one failure."""
    cache.add(counter, 0, timeout=_WINDOW_SECONDS)
    cache.incr(counter)


def record_refusal(client: Client | None, reasons: Sequence[str], *, decision_id: UUID | None = None) -> None:
    """Put on record that somebody got no token."""
    environment_id = client.environment_id if client else SYSTEM_ENVIRONMENT
    with in_environment(environment_id):
        append(
            events.TOKEN_REFUSED,
            environment_id=environment_id,
            actor=ANONYMOUS,
            facts={"client": client.public_id if client else None, "reasons": list(reasons)},
            outcome="refused",
            decision_id=decision_id,
        )
