"""Temporary access that its holder hands on to a client for some minutes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.delegations import (
    MOST_MINUTES,
    Offer,
    Offered,
    accept_delegation,
    end_delegation,
    offer_delegation,
)
from governance.api.taking_part import TAGS, TakingPartView, ids_in, shown_names
from governance.breakglass.reasons import LONGEST_TEXT, SHORTEST_TEXT
from governance.delegation.showing import STATES, SeenDelegation, delegation_line, delegation_rows, delegation_seen
from governance.identities import Caller
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import Keys, id_key, moment_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, MOMENT, TEXT, array, choice, or_null, page_shape, shape

_NO_STORE = {"Cache-Control": "no-store"}
LINE = shape(
    id=ID, grant_id=ID, client_id=ID, client=TEXT, holder=TEXT, offered_by=TEXT,
    columns=array(shape(id=ID, name=TEXT)), minutes={"type": "integer"}, state=choice(*STATES), offered_at=MOMENT,
    accepted_at=or_null(MOMENT), not_after=or_null(MOMENT), taken_at=or_null(MOMENT), ended_at=or_null(MOMENT),
    key={**TEXT, "description": "Thumbprint of the key that the token is bound to; empty before one is known."},
)  # fmt: skip
DELEGATION = shape(**LINE["properties"], subjects=or_null(array(ID)), justification=or_null(TEXT))
OFFERED = shape(
    **DELEGATION["properties"],
    code=or_null(
        {
            **TEXT,
            "description": "What the client takes it with at POST /oidc/token. Shown once, and to nobody but who holds "
            "the grant; null where they still have to accept.",
        }
    ),
)
_OFFER = {
    "application/json": {
        **shape(
            grant_id=ID,
            client_id=ID,
            justification={**TEXT, "minLength": SHORTEST_TEXT, "maxLength": LONGEST_TEXT},
            minutes={"type": "integer", "minimum": 1, "maximum": MOST_MINUTES, "default": MOST_MINUTES},
            columns={**array(ID), "description": "Fewer than granted; without it all of them."},
            subjects={**array(ID), "description": "Fewer than granted; without it all of them."},
            key={**TEXT, "description": "SHA-256 thumbprint (RFC 7638) of the only key that may take it."},
        ),
        "required": ["grant_id", "client_id", "justification"],
    }
}
_KEYS: Keys = {
    "id": id_key("id"), "grant_id": id_key("grant_id"), "client_id": id_key("client__public_id"),
    "offered": moment_key("offered_at"),
}  # fmt: skip


class Delegations(TakingPartView):
    """List what was handed on, or hand temporary access on to a client: a right `act` lets it read for others."""

    @extend_schema(operation_id="list_delegations", tags=TAGS, parameters=list_parameters(_KEYS),
                   responses={200: page_shape(LINE), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        caller, now = caller_in(request), timezone.now()
        rows = lambda: delegation_rows(caller, now)  # noqa: E731  the frame asks for them inside the environment
        return self.paged(request, rows, _KEYS, lambda row, names: line(delegation_line(row, names, now=now)))

    @extend_schema(operation_id="offer_delegation", tags=TAGS, request=_OFFER, responses={201: OFFERED, **PROBLEMS})
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        offer = Offer(
            grant_id=fields.id("grant_id"),
            client_id=fields.id("client_id"),
            justification=fields.text("justification"),
            minutes=fields.number("minutes", MOST_MINUTES),
            columns=ids_in(fields, "columns") if fields.has("columns") else None,
            subject_ids=ids_in(fields, "subjects") if fields.has("subjects") else None,
            key=fields.text("key", ""),
        )
        return _offered(caller, offer_delegation(caller, offer, factor_at=None), status=201)


class SingleDelegation(TakingPartView):
    """One delegation."""

    @extend_schema(operation_id="get_delegation", tags=TAGS, responses={200: DELEGATION, **PROBLEMS})
    def get(self, request: Request, delegation_id: UUID) -> Response:
        seen = delegation_seen(caller_in(request), delegation_id, timezone.now())
        return Response(rendered(seen), headers=_NO_STORE)


class DelegationAcceptance(TakingPartView):
    """Accept what somebody offered of one's own access. A program proves no second factor where one is asked for."""

    @extend_schema(operation_id="accept_delegation", tags=TAGS, request=None, responses={200: OFFERED, **PROBLEMS})
    def post(self, request: Request, delegation_id: UUID) -> Response:
        caller = caller_in(request)
        return _offered(caller, accept_delegation(caller, delegation_id=delegation_id, factor_at=None), status=200)


class DelegationEnd(TakingPartView):
    """End a delegation; its token opens nothing from the next call on."""

    @extend_schema(operation_id="end_delegation", tags=TAGS, request=None, responses={200: DELEGATION, **PROBLEMS})
    def post(self, request: Request, delegation_id: UUID) -> Response:
        caller = caller_in(request)
        end_delegation(caller, delegation_id=delegation_id)
        return Response(rendered(delegation_seen(caller, delegation_id, timezone.now())), headers=_NO_STORE)


def _offered(caller: Caller, offered: Offered, *, status: int) -> Response:
    seen = delegation_seen(caller, offered.row.pk, timezone.now())
    return Response({**rendered(seen), "code": offered.code}, status=status, headers=_NO_STORE)


def line(seen: SeenDelegation) -> dict[str, Any]:
    """Write down a delegation as a list shows it."""
    row = seen.row
    told = ("minutes", "offered_at", "accepted_at", "not_after", "taken_at", "ended_at", "key")
    return {
        "id": str(row.pk),
        "grant_id": str(row.grant_id),
        "client_id": str(seen.client_id),
        "client": seen.client,
        "holder": seen.holder,
        "offered_by": seen.offered_by,
        "columns": shown_names(seen.columns),
        "state": seen.state,
        **{name: getattr(row, name) for name in told},
    }


def rendered(seen: SeenDelegation) -> dict[str, Any]:
    """Write down a delegation with what it is for, and whose records it opens."""
    subjects = None if seen.subjects is None else [str(subject) for subject in seen.subjects]
    return {**line(seen), "subjects": subjects, "justification": seen.justification}
