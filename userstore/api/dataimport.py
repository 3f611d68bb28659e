"""Data import of the wire contract: a one-time address to put a file to, and how the import goes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.errors import Invalid
from governance.observation import address_of
from governance.wire.definitions import caller_in
from governance.wire.shapes import ERROR, ID, MOMENT, TEXT, choice, shape
from userstore.actions.imports import ask_import_by_address
from userstore.actions.uploads import take_in_by_address
from userstore.api.imports import FILE, IMPORT, rendered
from userstore.importing.framing import USERCLOUDS
from userstore.importing.instructions import Instructions
from userstore.importing.receiving import body_of
from userstore.importing.seeing import import_of
from userstore.models import Import
from userstore.models.imports import AWAITED, CANCELLED, FINISHED, HELD, RUNNING
from userstore.reading.calls import CallContext

EXECUTE_MUTATOR = "executemutator"
_STATUS = {
    AWAITED: "pending",
    RUNNING: "in_progress",
    HELD: "failed",
    FINISHED: "completed",
    CANCELLED: "cancelled",
}
_ERRORS = dict.fromkeys((400, 401, 403, 404, 503), ERROR)


class DataImports(APIView):
    """Ask for an import of a file in the vendor's format."""

    @extend_schema(
        operation_id="ask_data_import",
        tags=["imports"],
        parameters=[OpenApiParameter("import_type", OpenApiTypes.STR, enum=[EXECUTE_MUTATOR])],
        responses={200: shape(presigned_url=TEXT, expiration=MOMENT, import_id=ID), **_ERRORS},
    )
    def get(self, request: Request) -> Response:
        caller = caller_in(request)
        if request.query_params.get("import_type", EXECUTE_MUTATOR) != EXECUTE_MUTATOR:
            raise Invalid(f"The type of an import is {EXECUTE_MUTATOR}.", field="import_type")
        context = CallContext(address_of(request._request))
        asked = ask_import_by_address(
            caller, instructions=Instructions(None, USERCLOUDS, context=context), now=timezone.now()
        )
        row = asked.row
        address = reverse("userstore:put-data-import", args=[caller.environment_id, row.pk, asked.secret])
        expiration = row.secret_until.isoformat() if row.secret_until else None
        answer = {"presigned_url": address, "expiration": expiration, "import_id": str(row.pk)}
        return Response(answer, headers={"Cache-Control": "no-store"})


class DataImportFile(APIView):
    """Takes in the file at its one-time address, from whoever knows it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="put_data_import",
        tags=["imports"],
        auth=[],
        request=FILE,
        responses={200: None, 409: ERROR, 413: ERROR, **dict.fromkeys((400, 403, 404, 503), ERROR)},
    )
    def put(self, request: Request, environment_id: UUID, import_id: UUID, secret: str) -> Response:
        take_in_by_address(
            environment_id, import_id=import_id, secret=secret, content=body_of(request._request), now=timezone.now()
        )
        return Response(headers={"Cache-Control": "no-store"})


class DataImport(APIView):
    """How an import goes."""

    @extend_schema(
        operation_id="get_data_import",
        tags=["imports"],
        responses={200: shape(status=choice(*_STATUS.values()), details=TEXT, **{"import": IMPORT}), **_ERRORS},
    )
    def get(self, request: Request, import_id: UUID) -> Response:
        row = import_of(caller_in(request), import_id, now=timezone.now())
        return Response({"status": _STATUS[row.state], "details": _details(row), "import": rendered(row)})


def _details(row: Import) -> str:
    told: list[Any] = [
        f"{row.share:.0%} of the file is done: {row.records} records, {row.effective} of them changed somebody, "
        f"{row.failed} were bad.",
        row.held_because,
    ]
    return " ".join(filter(None, told))
