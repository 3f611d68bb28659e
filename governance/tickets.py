"""Whether a ticket that a justification names exists, is open, and is the requester's.

`settings.GOVERNANCE_TICKETS` names the source. The built-in one is a simple table, for where nothing else keeps them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from governance.models import Account, Ticket


@dataclass(frozen=True, slots=True)
class TicketFound:
    """What a source knows of a ticket. `assignee` is a user name; `subject_id` None where it is about nobody known."""

    reference: str
    is_open: bool
    assignee: str
    subject_id: UUID | None = None


class TicketSource(Protocol):
    """A system that keeps tickets."""

    def find(self, reference: str) -> TicketFound | None:
        """Return a ticket of the environment that the transaction is in, None where there is none.

        Raises:
            Unavailable: the system does not answer.
        """
        ...


class BuiltInTickets:
    """The tickets in Sealbook's own table."""

    def find(self, reference: str) -> TicketFound | None:
        found = Ticket.objects.select_related("assignee").filter(reference__iexact=reference.strip()).first()
        if found is None:
            return None
        return TicketFound(found.reference, found.closed_at is None, found.assignee.username, found.subject_id)


def ticket_source() -> TicketSource:
    """Return the source that the deployment has chosen."""
    source: TicketSource = import_string(settings.GOVERNANCE_TICKETS)()
    return source


def is_good(reference: str, *, account: Account, subject_ids: Collection[UUID]) -> bool:
    """Say whether a ticket is open, assigned to an account, and about nobody else than the people asked for.

    Raises:
        Unavailable: the system that keeps them does not answer.
    """
    found = ticket_source().find(reference) if reference else None
    if found is None or not found.is_open or found.assignee.lower() != account.username.lower():
        return False
    return found.subject_id is None or set(subject_ids) == {found.subject_id}
