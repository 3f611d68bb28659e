"""What the store and governance know about accesses, for the analysis of the book: tickets and reviewed programs.

It stands on this floor because the book names people by handles, and only the store can open these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from audit.analysis.accesses import Access
from audit.analysis.explaining import GRACE
from audit.analysis.facts import Facts, Ticket
from governance.models import Ticket as OwnTicket
from governance.models import TrustedBuild
from governance.tickets import ticket_image
from userstore.handles import handles_of

MOST_TICKETS = 5_000
"""Tickets that one look takes up: those of whoever acts, the newest first."""


class OwnFacts:
    """Sealbook's own tickets of whoever acts, and the programs that were registered."""

    def facts_about(self, accesses: Collection[Access], *, environment_id: UUID) -> Facts:
        """Return what is known; it runs inside the environment of the transaction."""
        actors = {UUID(each.actor) for each in accesses if each.actor_kind == "operator"}
        begins = min((each.at for each in accesses), default=None)
        tickets: list[OwnTicket] = []
        if actors and begins is not None:
            found = OwnTicket.objects.filter(assignee_id__in=actors).exclude(
                closed_at__lt=begins - GRACE - timedelta(1)
            )
            tickets = list(found.order_by("-created_at")[:MOST_TICKETS])
        handles = _handles(each.subject_id for each in tickets if each.subject_id)
        return Facts(
            tickets={each.reference: each for each in (_told(row, handles, environment_id) for row in tickets)},
            builds=frozenset(TrustedBuild.objects.filter(withdrawn_at=None).values_list("digest", flat=True)),
        )


def _told(row: OwnTicket, handles: Mapping[UUID, str], environment_id: UUID) -> Ticket:
    return Ticket(
        reference=ticket_image(environment_id, row.reference),
        subject=handles.get(row.subject_id, "") if row.subject_id else "",
        assignee=str(row.assignee_id),
        opened_at=row.created_at,
        closed_at=row.closed_at,
    )


def _handles(subject_ids: Iterable[UUID]) -> dict[UUID, str]:
    return {subject.public_id: handle for subject, handle in handles_of(set(subject_ids))}
