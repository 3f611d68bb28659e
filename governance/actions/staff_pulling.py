"""The staff directory of another system: `GET {GOVERNANCE_STAFF_URL}/{environment}`, with a bearer token, as CSV.

It is asked as the system of tickets is: over TLS, and in the clear on this machine alone; no redirect is followed and
no proxy asked. 404 says that it keeps none for an environment. Whatever else it says than a file without a fault
changes nothing: what was known stays.
"""

from __future__ import annotations

import logging
from datetime import datetime
from urllib.parse import quote, urlsplit

from django.conf import settings

from governance.actions.staff import take_in_staff
from governance.errors import GovernanceError, Unavailable
from governance.identities import system_caller
from governance.models import Environment
from governance.policies.outgoing import Address, NoAnswer, Outgoing, exchange_where
from governance.tickets import is_private_way

SECONDS = 30.0
MOST = 8 * 1024 * 1024
"""Bytes of a file."""

logger = logging.getLogger(__name__)


def pull_staff_everywhere(*, now: datetime) -> dict[str, str]:
    """Pull the directory of every environment; returns what came of each that was asked for, by its name."""
    if not settings.GOVERNANCE_STAFF_URL:
        return {}
    told = {}
    for environment in Environment.objects.order_by("name"):
        told[environment.name] = _pull(environment, now=now)
    return told


def _pull(environment: Environment, *, now: datetime) -> str:
    try:
        text = asked_for(environment.name)
        if text is None:
            return "none"
        take_in_staff(system_caller(environment.id), text=text, source="http", now=now)
    except GovernanceError as fault:
        # What a file says may be quoted by nobody: the kind of the fault is enough.
        logger.warning("the staff directory was not taken in", extra={"reason": fault.kind})
        return fault.kind
    return "taken in"


def asked_for(environment: str) -> str | None:
    """Return the directory of an environment as it is kept elsewhere; None where none is.

    Raises:
        Unavailable: the system does not answer, or with something else than a text.
    """
    base, token = str(settings.GOVERNANCE_STAFF_URL).rstrip("/"), str(settings.GOVERNANCE_STAFF_TOKEN)
    if not is_private_way(base):
        raise _no_answer()
    parts = urlsplit(base)
    is_clear = parts.scheme == "http"
    request = Outgoing(
        host=parts.hostname or "",
        port=parts.port or (80 if is_clear else 443),
        method="GET",
        target=f"{parts.path}/{quote(environment, safe='')}",
        headers={"Authorization": f"Bearer {token}", "Accept": "text/csv"},
        body=b"",
        is_clear=is_clear,
    )
    try:
        answer = exchange_where(request, seconds=SECONDS, allowed=_anywhere, most=MOST)
        if answer.status == 404:
            return None
        if answer.status == 200:
            return answer.body.decode()
    except (NoAnswer, UnicodeDecodeError):
        pass
    raise _no_answer()


def _anywhere(address: Address) -> bool:  # noqa: ARG001  the deployment names the host, which may be one of its own network
    return True


def _no_answer() -> Unavailable:
    return Unavailable("The system that keeps the staff directory does not answer.", remedy="Try again later.")
