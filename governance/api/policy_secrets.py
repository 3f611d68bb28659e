"""Secrets of scripts in the wire contract: written, listed without their values, deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.policy_secrets import keep_secret, renew_secret, retire_secret
from governance.api.configuring import ConfiguringView
from governance.models import PolicySecret
from governance.wire.definitions import caller_in, wrapped_in
from governance.wire.keys import BY_NAME
from governance.wire.parameters import list_parameters
from governance.wire.shapes import ERROR, ID, NUMBER, TEXT, page_shape, shape

_SECRET = shape(
    id=ID,
    name=TEXT,
    value={**TEXT, "description": "Always empty: the value leaves to scripts alone."},
    created={**NUMBER, "description": "Unix seconds."},
)
_ASKED = {
    "application/json": {
        "type": "object",
        "properties": {"secret": shape(id=ID, name=TEXT, value=TEXT)},
        "required": ["secret"],
    }
}
_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 404: ERROR, 409: ERROR}


class PolicySecrets(ConfiguringView):
    """List the secrets of scripts, or keep one."""

    @extend_schema(
        operation_id="list_policy_secrets",
        tags=["definitions"],
        parameters=list_parameters(BY_NAME),
        responses={200: page_shape(_SECRET), **_ERRORS},
    )
    def get(self, request: Request) -> Response:
        return self.paged(request, PolicySecret.objects.all(), BY_NAME, _rendered)

    @extend_schema(
        operation_id="keep_policy_secret", tags=["definitions"], request=_ASKED, responses={201: _SECRET, **_ERRORS}
    )
    def post(self, request: Request) -> Response:
        fields = wrapped_in(request, "secret")
        secret = keep_secret(
            caller_in(request),
            name=fields.text("name"),
            value=fields.text("value"),
            public_id=fields.optional_id("id"),
        )
        return Response(_rendered(secret), status=201)


class SinglePolicySecret(ConfiguringView):
    """Give a secret another value, or destroy it."""

    @extend_schema(
        operation_id="renew_policy_secret", tags=["definitions"], request=_ASKED, responses={200: _SECRET, **_ERRORS}
    )
    def put(self, request: Request, secret_id: UUID) -> Response:
        fields = wrapped_in(request, "secret")
        return Response(_rendered(renew_secret(caller_in(request), public_id=secret_id, value=fields.text("value"))))

    @extend_schema(operation_id="retire_policy_secret", tags=["definitions"],
                   responses={204: OpenApiResponse(description="Destroyed."), **_ERRORS})  # fmt: skip
    def delete(self, request: Request, secret_id: UUID) -> Response:
        retire_secret(caller_in(request), public_id=secret_id)
        return Response(status=204)


def _rendered(secret: PolicySecret) -> dict[str, Any]:
    return {
        "id": str(secret.public_id),
        "name": secret.name,
        "value": "",
        "created": int(secret.created_at.timestamp()),
    }
