"""What the store and governance know about accesses, for the analysis of the book: tickets and reviewed programs.

It stands on this floor because the book names people by handles, and only the store can open these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from audit.analysis.accesses import Access
from audit.analysis.explaining import GRACE
from audit.analysis.facts import Facts, Ticket
from governance.models import AccessRequest, TrustedBuild
from governance.models import Ticket as OwnTicket
from governance.tickets import ticket_image
from userstore.handles import handles_of

MOST_TICKETS, LEAST_TICKETS = 5_000, 100
"""Tickets that one look takes up, shared evenly among those who act, and how many of each it takes at least.

The newest of each: nobody crowds out the tickets of others by opening many.
"""
LATER = timedelta(days=1)
"""A ticket may be opened after the access that it is to justify; what is opened later than so has no part in it."""


LATELY = timedelta(days=7)
"""For so long what another system said of a ticket explains accesses: it does not say when one is closed."""


class TicketsElsewhere:
    """The tickets of another system, as it described them when somebody asked for access with them."""

    def facts_about(self, accesses: Collection[Access], *, environment_id: UUID) -> Facts:
        """Return what is known; nothing is asked again, so that the analysis waits for nobody."""
        actors = {UUID(each.actor) for each in accesses if each.actor_kind == "operator"}
        if not actors:
            return Facts()
        moments = [each.at for each in accesses]
        lately = Q(ticket_assignee__in=actors, ticket_found_at__range=(min(moments) - LATELY, max(moments) + LATER))
        used = Q(ticket_found_at__isnull=False, grant__in={each.grant for each in accesses if each.grant})
        rows = list(AccessRequest.objects.filter(lately | used).order_by("-ticket_found_at")[:MOST_TICKETS])
        handles = _handles(each.ticket_subject_id for each in rows if each.ticket_subject_id)
        found = {row.ticket.lower(): _said(row, handles, environment_id) for row in reversed(rows)}
        return Facts(tickets={each.reference: each for each in found.values()})


class OwnFacts:
    """Sealbook's own tickets of whoever acts, and the programs that were registered."""

    def facts_about(self, accesses: Collection[Access], *, environment_id: UUID) -> Facts:
        """Return what is known; it runs inside the environment of the transaction."""
        actors = {UUID(each.actor) for each in accesses if each.actor_kind == "operator"}
        tickets = _tickets_of(actors, [each.at for each in accesses]) if actors else []
        handles = _handles(each.subject_id for each in tickets if each.subject_id)
        return Facts(
            tickets={each.reference: each for each in (_told(row, handles, environment_id) for row in tickets)},
            builds=frozenset(TrustedBuild.objects.filter(withdrawn_at=None).values_list("digest", flat=True)),
        )


def _tickets_of(actors: Collection[UUID], moments: Collection[datetime]) -> list[OwnTicket]:
    """Return the tickets of some operators that were open about some moments, the newest of each."""
    begins, ends = min(moments), max(moments)
    found = OwnTicket.objects.filter(assignee_id__in=actors, created_at__lt=ends + LATER)
    found = found.exclude(closed_at__lt=begins - GRACE - timedelta(1))
    newest = Window(RowNumber(), partition_by="assignee_id", order_by=[F("created_at").desc(), F("id").asc()])
    return list(found.annotate(place=newest).filter(place__lte=max(LEAST_TICKETS, MOST_TICKETS // len(actors))))


def _told(row: OwnTicket, handles: Mapping[UUID, str], environment_id: UUID) -> Ticket:
    return Ticket(
        reference=ticket_image(environment_id, row.reference),
        subject=handles.get(row.subject_id, "") if row.subject_id else "",
        assignee=str(row.assignee_id),
        opened_at=row.created_at,
        closed_at=row.closed_at,
        opened_by=str(row.opened_by_id or ""),
    )


def _said(row: AccessRequest, handles: Mapping[UUID, str], environment_id: UUID) -> Ticket:
    return Ticket(
        reference=ticket_image(environment_id, row.ticket),
        subject=handles.get(row.ticket_subject_id, "") if row.ticket_subject_id else "",
        assignee=str(row.ticket_assignee_id or ""),
        opened_at=row.ticket_opened_at,
        opened_by=str(row.ticket_opened_by_id or ""),
    )


def _handles(subject_ids: Iterable[UUID]) -> dict[UUID, str]:
    return {subject.public_id: handle for subject, handle in handles_of(set(subject_ids))}
