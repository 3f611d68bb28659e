"""Whether a ticket that a justification names exists, is open, and is the requester's.

`settings.GOVERNANCE_TICKETS` names the source. The built-in one is a simple table, for where nothing else keeps them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote, urlsplit
from uuid import UUID

import orjson
from django.conf import settings
from django.utils.module_loading import import_string

from governance.errors import Unavailable
from governance.models import Account, Ticket
from governance.policies.outgoing import Address, NoAnswer, Outgoing, exchange_where
from keyring.fingerprints import fingerprint
from keyring.walls import in_environment

SECONDS = 2.0
"""For a whole answer: a step of somebody's request waits for it."""


@dataclass(frozen=True, slots=True)
class TicketFound:
    """What a source knows of a ticket. `assignee` is a user name; `subject_id` None where it is about nobody known."""

    reference: str
    is_open: bool
    assignee: str
    subject_id: UUID | None = None
    opened_by: str = ""
    """User name of whoever opened it; empty where that is not said."""
    opened_at: datetime | None = None
    is_kept_here: bool = False
    """Whether Sealbook keeps it itself, and so knows at any time what became of it."""


class TicketSource(Protocol):
    """A system that keeps tickets."""

    def find(self, reference: str, *, environment_id: UUID) -> TicketFound | None:
        """Return a ticket of an environment, None where there is none. Called outside of any transaction.

        Raises:
            Unavailable: the system does not answer.
        """
        ...


class BuiltInTickets:
    """The tickets in Sealbook's own table."""

    def find(self, reference: str, *, environment_id: UUID) -> TicketFound | None:
        with in_environment(environment_id):
            found = Ticket.objects.select_related("assignee").filter(reference__iexact=reference.strip()).first()
        if found is None:
            return None
        return TicketFound(
            found.reference, found.closed_at is None, found.assignee.username, found.subject_id, is_kept_here=True
        )


class HttpTickets:
    """The tickets of another system: `GET {GOVERNANCE_TICKETS_URL}/{reference}`, with a bearer token.

    It answers 404, or `{"reference": "...", "open": true, "assignee": "user name", "subject_id": "..."}`; whom it is
    about may be null or left out, and so may `opened_by` (a user name) and `opened_at` (a moment with its offset), by
    which the analysis tells who made a reason for themselves. It is asked over TLS, and in the clear on this machine
    alone; no redirect is followed and no proxy asked. Whatever else it says is no answer, and what needs a ticket is
    refused meanwhile.
    """

    def find(self, reference: str, *, environment_id: UUID) -> TicketFound | None:  # noqa: ARG002  it keeps one list
        reference = reference.strip()
        try:
            answer = exchange_where(_question(reference), seconds=SECONDS, allowed=_anywhere)
        except NoAnswer:
            raise _no_answer() from None
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise _no_answer()
        return _ticket_in(answer.body, reference)


def is_private_way(url: str) -> bool:
    """Whether nobody on the way can read what is sent to an address: TLS, or this machine itself."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}


def _question(reference: str) -> Outgoing:
    base, token = str(settings.GOVERNANCE_TICKETS_URL).rstrip("/"), str(settings.GOVERNANCE_TICKETS_TOKEN)
    if not is_private_way(base):
        raise _no_answer()
    parts = urlsplit(base)
    is_clear = parts.scheme == "http"
    return Outgoing(
        host=parts.hostname or "",
        port=parts.port or (80 if is_clear else 443),
        method="GET",
        target=f"{parts.path}/{quote(reference, safe='')}",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        body=b"",
        is_clear=is_clear,
    )


def _anywhere(address: Address) -> bool:  # noqa: ARG001  the deployment names the host, which may be one of its own network
    return True


def _ticket_in(body: bytes, reference: str) -> TicketFound:
    try:
        said: Any = orjson.loads(body)
        about = said.get("subject_id")
        begun = said.get("opened_at")
        found = TicketFound(
            said["reference"],
            said["open"],
            said["assignee"],
            UUID(about) if about else None,
            said.get("opened_by") or "",
            datetime.fromisoformat(begun) if begun else None,
        )
    except (ValueError, KeyError, AttributeError, TypeError):
        raise _no_answer() from None
    if not isinstance(found.is_open, bool) or not isinstance(found.assignee, str):
        raise _no_answer()
    if not isinstance(found.opened_by, str) or (found.opened_at is not None and found.opened_at.tzinfo is None):
        raise _no_answer()
    if not isinstance(found.reference, str) or found.reference.lower() != reference.lower():
        raise _no_answer()
    return found


def _no_answer() -> Unavailable:
    return Unavailable("The system that keeps tickets does not answer.", remedy="Try again later.")


def ticket_source() -> TicketSource:
    """Return the source that the deployment has chosen."""
    source: TicketSource = import_string(settings.GOVERNANCE_TICKETS)()
    return source


def ticket_image(environment_id: UUID, reference: str) -> str:
    """Return what the book calls a ticket: references are text that somebody else chose. Empty for none."""
    reference = reference.strip().lower()
    return fingerprint(environment_id, "ticket", reference.encode()) if reference else ""


def is_good(found: TicketFound | None, *, account: Account, subject_ids: Collection[UUID]) -> bool:
    """Say whether a ticket is open, assigned to an account, and about nobody else than the people asked for."""
    if found is None or not found.is_open or found.assignee.lower() != account.username.lower():
        return False
    return found.subject_id is None or set(subject_ids) == {found.subject_id}
