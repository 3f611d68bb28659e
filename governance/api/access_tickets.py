"""Tickets of the built-in table, which justifications refer to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.tickets import close_ticket, open_ticket
from governance.api.configuring import ConfiguringView
from governance.api.taking_part import TAGS
from governance.errors import NotFound
from governance.models import Ticket
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import Keys, id_key, moment_key, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, MOMENT, TEXT, or_null, page_shape, shape
from keyring.walls import in_environment

_TICKET = shape(
    id=ID, reference=TEXT, assignee=TEXT, subject_id=or_null(ID), opened_by=or_null(TEXT), created_at=MOMENT,
    closed_at=or_null(MOMENT),
)  # fmt: skip
_KEYS: Keys = {"id": id_key("id"), "reference": text_key("reference"), "created": moment_key("created_at")}


class Tickets(ConfiguringView):
    """List tickets, or open one; `filter=('reference',EQ,'...')` looks one up."""

    @extend_schema(operation_id="list_tickets", tags=TAGS, parameters=list_parameters(_KEYS),
                   responses={200: page_shape(_TICKET), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, Ticket.objects.select_related("assignee", "opened_by"), _KEYS, _rendered)

    @extend_schema(
        operation_id="open_ticket",
        tags=TAGS,
        request={
            "application/json": {
                **shape(
                    reference={**TEXT, "maxLength": 64},
                    assignee={**TEXT, "description": "User name of an operator."},
                    subject_id=or_null({**ID, "description": "Whom it is about; null: nobody in particular."}),
                    opened_by={**TEXT, "description": "User name of who opened it, where a service passes it on."},
                ),
                "required": ["reference", "assignee"],
            }
        },
        responses={201: _TICKET, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        ticket = open_ticket(
            caller_in(request),
            reference=fields.text("reference"),
            assignee=fields.text("assignee"),
            subject_id=fields.optional_id("subject_id"),
            opened_by=fields.text("opened_by", ""),
        )
        return Response(_rendered(ticket), status=201)


class SingleTicket(ConfiguringView):
    """Read a ticket."""

    @extend_schema(operation_id="get_ticket", tags=TAGS, responses={200: _TICKET, **PROBLEMS})
    def get(self, request: Request, ticket_id: UUID) -> Response:
        with in_environment(caller_in(request).environment_id):
            return Response(_rendered(_found(ticket_id)))


class TicketClosing(ConfiguringView):
    """Close a ticket: it justifies nothing any more."""

    @extend_schema(operation_id="close_ticket", tags=TAGS, request=None, responses={200: _TICKET, **PROBLEMS})
    def post(self, request: Request, ticket_id: UUID) -> Response:
        caller = caller_in(request)
        with in_environment(caller.environment_id):
            reference = _found(ticket_id).reference
        close_ticket(caller, reference=reference)
        with in_environment(caller.environment_id):
            return Response(_rendered(_found(ticket_id)))


def _found(ticket_id: UUID) -> Ticket:
    ticket = Ticket.objects.select_related("assignee", "opened_by").filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound("There is no such ticket.", field="id")
    return ticket


def _rendered(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": str(ticket.pk),
        "reference": ticket.reference,
        "assignee": ticket.assignee.username,
        "subject_id": str(ticket.subject_id) if ticket.subject_id else None,
        "opened_by": ticket.opened_by.username if ticket.opened_by else None,
        "created_at": ticket.created_at,
        "closed_at": ticket.closed_at,
    }
