"""Erasing people, and the receipts of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.change import clearance_for
from governance.errors import NotFound
from governance.identities import Caller
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.paging import asked_page, page_of
from governance.wire.shapes import ERROR, FLAG, ID, MOMENT, TEXT, page_shape, shape
from keyring.walls import in_environment
from userstore import events
from userstore.actions.erasing import erase_subject
from userstore.actions.idempotency import Answer
from userstore.api.calls import CallView, repeatable
from userstore.api.terms import DECISION, IDEMPOTENCY_HEADER
from userstore.models import Erasure

_RECEIPT = {**TEXT, "description": "A JSON Web Signature (RFC 7515); the key is in /.well-known/jwks.json."}
_ERASURE = shape(id=ID, erased_at=MOMENT, is_repeated=FLAG, receipt=_RECEIPT)
_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 404: ERROR, 409: ERROR, 503: ERROR}


@extend_schema_view(
    post=extend_schema(
        operation_id="erase_user",
        tags=["users"],
        parameters=[IDEMPOTENCY_HEADER, DECISION],
        request={"application/json": shape(user_id=ID)},
        responses={201: _ERASURE, **_ERRORS},
    )
)
class Erasures(CallView):
    """Erase a person for good, or list the erasures of this environment."""

    unknown_is_invalid = False

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        subject_id = Fields(body).id("user_id")

        def erase() -> Answer:
            erased = erase_subject(caller, subject_id=subject_id, now=timezone.now())
            return Answer(201, orjson.dumps(_rendered(erased.erasure)), erased.decision_id)

        def clear() -> object:
            return clearance_for(caller, "erase", events.SUBJECT_ERASED, now=timezone.now())

        return repeatable(request, caller, body, erase, clear=clear)

    @extend_schema(operation_id="list_erasures", tags=["users"], responses={200: page_shape(_ERASURE), **_ERRORS})
    def get(self, request: Request) -> Response:
        caller = caller_in(request)
        clearance_for(caller, "erase", events.ERASURES_LISTED, now=timezone.now())
        with in_environment(caller.environment_id):
            return Response(page_of(Erasure.objects.all(), asked_page(request.query_params.dict()), _rendered))


class SingleErasure(APIView):
    """One erasure, with its receipt."""

    @extend_schema(operation_id="get_erasure", tags=["users"], responses={200: _ERASURE, **_ERRORS})
    def get(self, request: Request, erasure_id: UUID) -> Response:
        caller = caller_in(request)
        clearance_for(caller, "erase", events.ERASURES_LISTED, now=timezone.now())
        with in_environment(caller.environment_id):
            row = Erasure.objects.filter(public_id=erasure_id).first()
        if row is None:
            raise NotFound("There is no such erasure.", field="id")
        return Response(_rendered(row))


def _rendered(row: Erasure) -> dict[str, Any]:
    return {
        "id": str(row.public_id),
        "erased_at": row.erased_at.isoformat(),
        "is_repeated": row.is_repeated,
        "receipt": row.receipt,
    }
