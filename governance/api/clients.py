"""Clients and their secrets; a secret is shown in the one answer that issues it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.clients import change_client, define_client, issue_secret, withdraw_secret
from governance.api.configuring import ConfiguringView
from governance.api.renewing import asked_overlap, overlap_in, shape_of_secret, shown_once
from governance.errors import NotFound
from governance.models import Client
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_NAME, Keys, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, NUMBER, TEXT, array, choice, or_null, page_shape, shape
from keyring.walls import in_environment

_SECRET = shape(id=NUMBER, prefix=TEXT, created_at=MOMENT, expires_at=or_null(MOMENT))
_KIND = choice(Client.SERVICE, Client.JOB)
_CLIENT = shape(
    id=ID,
    name=TEXT,
    description=TEXT,
    kind=_KIND,
    is_disabled=FLAG,
    created_at=MOMENT,
    secrets=array(_SECRET),
)
_KEYS: Keys = {**BY_NAME, "kind": text_key("kind")}


class Clients(ConfiguringView):
    """List or define clients."""

    @extend_schema(operation_id="list_clients", tags=["governance"], parameters=list_parameters(_KEYS),
                   responses={200: page_shape(_CLIENT), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, Client.objects.all(), _KEYS, _rendered)

    @extend_schema(
        operation_id="define_client",
        tags=["governance"],
        request={"application/json": shape(name=TEXT, description=TEXT, kind=_KIND, id=ID)},
        responses={201: _CLIENT, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        client = define_client(
            caller,
            name=fields.text("name"),
            kind=fields.text("kind", Client.SERVICE),
            description=fields.text("description", ""),
            client_id=fields.optional_id("id"),
        )
        with in_environment(caller.environment_id):
            return Response(_rendered(client), status=201)


class SingleClient(ConfiguringView):
    """Read, rename, describe, disable or enable a client."""

    @extend_schema(operation_id="get_client", tags=["governance"], responses={200: _CLIENT, **PROBLEMS})
    def get(self, request: Request, client_id: UUID) -> Response:
        with in_environment(caller_in(request).environment_id):
            return Response(_rendered(_found(client_id)))

    @extend_schema(
        operation_id="change_client",
        tags=["governance"],
        request={"application/json": shape(name=TEXT, description=TEXT, is_disabled=FLAG)},
        responses={200: _CLIENT, **PROBLEMS},
    )
    def put(self, request: Request, client_id: UUID) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        with in_environment(caller.environment_id):
            stored = _found(client_id)
        changed = change_client(
            caller,
            client_id=client_id,
            name=fields.kept_text("name", stored.name),
            description=fields.kept_text("description", stored.description),
            is_disabled=fields.kept_flag("is_disabled", stored=stored.disabled_at is not None),
        )
        with in_environment(caller.environment_id):
            return Response(_rendered(changed))


class Secrets(ConfiguringView):
    """Issue a secret."""

    @extend_schema(
        operation_id="issue_secret",
        tags=["governance"],
        request=asked_overlap("How long former secrets stay good"),
        responses={201: shape_of_secret("client_id"), **PROBLEMS},
    )
    def post(self, request: Request, client_id: UUID) -> Response:
        secret = issue_secret(caller_in(request), client_id=client_id, overlap=overlap_in(request))
        return shown_once(secret, client_id=str(client_id))


class SingleSecret(ConfiguringView):
    """End a secret."""

    @extend_schema(operation_id="withdraw_secret", tags=["governance"],
                   responses={204: OpenApiResponse(description="Withdrawn."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, client_id: UUID, secret_id: int) -> Response:
        withdraw_secret(caller_in(request), client_id=client_id, secret_pk=min(secret_id, 2**63 - 1))
        return Response(status=204)


def _found(client_id: UUID) -> Client:
    client = Client.objects.filter(public_id=client_id).first()
    if client is None:
        raise NotFound("There is no such client in this environment.", field="client_id")
    return client


def _rendered(client: Client) -> dict[str, Any]:
    return {
        "id": str(client.public_id),
        "name": client.name,
        "description": client.description,
        "kind": client.kind,
        "is_disabled": client.disabled_at is not None,
        "created_at": client.created_at,
        "secrets": [
            {"id": s.pk, "prefix": s.prefix, "created_at": s.created_at, "expires_at": s.expires_at}
            for s in client.secrets.all()
        ],
    }
