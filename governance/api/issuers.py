"""External issuers in the wire contract, and the identities that may call as clients."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.issuer_keys import pin_issuer_keys
from governance.actions.issuers import admit_identity, end_identity, list_issuers
from governance.actions.seeing import must_configure, must_see_definitions
from governance.api.configuring import ConfiguringView
from governance.errors import Invalid
from governance.issuers import EVERYBODY
from governance.models import ExternalIdentity, ExternalIssuer
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_ID
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ANY, ERROR, FLAG, ID, TEXT, array, or_null, page_shape, shape
from keyring.walls import in_environment

_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 413: ERROR, 415: ERROR}
_PINNED = shape(issuer=TEXT, keys=or_null({**ANY, "description": "A JWK Set; null unpins."}))
_IDENTITY = shape(id=ID, issuer=TEXT, subject=TEXT, everybody=FLAG, client_id=ID)


class Issuers(APIView):
    """Whose tokens are accepted, besides Sealbook's own, where accessors and mutators run and tokens are resolved."""

    @extend_schema(
        operation_id="list_oidc_issuers", tags=["issuers"], responses={200: array(TEXT), 401: ERROR, 403: ERROR}
    )
    def get(self, request: Request) -> Response:
        caller = caller_in(request)
        must_see_definitions(caller)
        with in_environment(caller.environment_id):
            return Response(list(ExternalIssuer.objects.order_by("url").values_list("url", flat=True)))

    @extend_schema(
        operation_id="update_oidc_issuers",
        tags=["issuers"],
        request={"application/json": array(TEXT)},
        responses={200: array(TEXT), **_ERRORS},
    )
    def put(self, request: Request) -> Response:
        caller, urls = caller_in(request), request.data
        must_configure(caller)
        if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
            raise Invalid("This has to be an array of issuers.", field="issuers")
        return Response(list_issuers(caller, urls=urls))


class IssuerKeys(ConfiguringView):
    """The issuers whose keys are pinned: none are fetched for them, and jobs of theirs can be let in."""

    @extend_schema(operation_id="list_issuer_keys", tags=["issuers"], responses={200: array(_PINNED), **PROBLEMS})
    def get(self, request: Request) -> Response:
        with in_environment(caller_in(request).environment_id):
            rows = ExternalIssuer.objects.exclude(pinned_keys=None).order_by("url")
            return Response([{"issuer": row.url, "keys": row.pinned_keys} for row in rows])

    @extend_schema(
        operation_id="pin_issuer_keys",
        tags=["issuers"],
        request={"application/json": {**_PINNED, "required": ["issuer"]}},
        responses={200: _PINNED, **PROBLEMS},
    )
    def put(self, request: Request) -> Response:
        fields = Fields(request.data)
        keys = fields.mapping("keys") if fields.raw("keys") is not None else None
        pinned = pin_issuer_keys(caller_in(request), issuer=fields.text("issuer"), keys=keys)
        return Response({"issuer": pinned.url, "keys": pinned.pinned_keys})


class Identities(ConfiguringView):
    """List who calls as which client by an external token, or let somebody."""

    @extend_schema(
        operation_id="list_external_identities",
        tags=["issuers"],
        parameters=list_parameters(BY_ID),
        responses={200: page_shape(_IDENTITY), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        return self.paged(request, ExternalIdentity.objects.select_related("issuer", "client"), BY_ID, _rendered)

    @extend_schema(
        operation_id="admit_external_identity",
        tags=["issuers"],
        request={
            "application/json": {**shape(issuer=TEXT, subject=TEXT, client_id=ID), "required": ["issuer", "client_id"]}
        },
        responses={201: _IDENTITY, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        identity = admit_identity(
            caller,
            issuer=fields.text("issuer"),
            subject=fields.text("subject", EVERYBODY),
            client_id=fields.id("client_id"),
        )
        with in_environment(caller.environment_id):
            return Response(_rendered(identity), status=201)


class SingleIdentity(ConfiguringView):
    """End an external identity."""

    @extend_schema(operation_id="end_external_identity", tags=["issuers"],
                   responses={204: OpenApiResponse(description="Ended."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, identity_id: UUID) -> Response:
        end_identity(caller_in(request), identity_id=identity_id)
        return Response(status=204)


def _rendered(row: ExternalIdentity) -> dict[str, Any]:
    subject: Any = row.subject
    return {
        "id": str(row.public_id),
        "issuer": row.issuer.url,
        "subject": subject.reveal() if subject is not None else "",
        "everybody": not row.subject_print,
        "client_id": str(row.client.public_id),
    }
