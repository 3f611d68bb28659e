"""Operations that programs alone hold: listed, reserved, released."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.reserved import release_operation, reserve_operation
from governance.api.configuring import ConfiguringView
from governance.api.rights import RESOURCE, public_id_of, resource_asked
from governance.models import ReservedOperation
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_ID, Keys, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, TEXT, page_shape, shape
from keyring.walls import in_environment

_KEYS: Keys = {**BY_ID, "operation": text_key("operation")}
_RESERVED = shape(id=ID, operation=TEXT, resource=RESOURCE)


class ReservedOperations(ConfiguringView):
    """List the operations that no person may have, or reserve one for services and jobs."""

    @extend_schema(
        operation_id="list_reserved_operations",
        tags=["governance"],
        parameters=list_parameters(_KEYS),
        responses={200: page_shape(_RESERVED), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        return self.paged(request, ReservedOperation.objects.select_related("content_type"), _KEYS, _rendered)

    @extend_schema(
        operation_id="reserve_operation",
        tags=["governance"],
        description="Rights of operators and groups to exactly this end with it. `configure`, `audit`, `request` and "
        "`approve` cannot be reserved.",
        request={"application/json": shape(operation=TEXT, resource=RESOURCE)},
        responses={201: _RESERVED, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        with in_environment(caller.environment_id):
            on = resource_asked(fields.nested("resource"), caller.environment_id)
        reserved = reserve_operation(caller, operation=fields.text("operation"), on=on)
        with in_environment(caller.environment_id):
            return Response(_rendered(reserved), status=201)


class SingleReservedOperation(ConfiguringView):
    """Let people be given an operation again."""

    @extend_schema(operation_id="release_operation", tags=["governance"],
                   responses={204: OpenApiResponse(description="Released."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, reserved_id: UUID) -> Response:
        release_operation(caller_in(request), public_id=reserved_id)
        return Response(status=204)


def _rendered(reserved: ReservedOperation) -> dict[str, Any]:
    return {
        "id": str(reserved.public_id),
        "operation": reserved.operation,
        "resource": {"kind": reserved.content_type.model, "id": public_id_of(reserved)},
    }
