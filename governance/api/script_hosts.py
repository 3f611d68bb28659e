"""Hosts that scripts may ask: listed, allowed, and no longer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.script_hosts import allow_host, retire_host
from governance.api.configuring import ConfiguringView
from governance.models import ScriptHost
from governance.models.scripts import HTTPS_PORT
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_ID, Keys, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, NUMBER, TEXT, page_shape, shape

_KEYS: Keys = {**BY_ID, "host": text_key("host")}
_HOST = shape(id=ID, host=TEXT, port=NUMBER, description=TEXT)


class ScriptHosts(ConfiguringView):
    """List the hosts that scripts may send requests to, or allow one."""

    @extend_schema(
        operation_id="list_script_hosts",
        tags=["governance"],
        parameters=list_parameters(_KEYS),
        responses={200: page_shape(_HOST), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        return self.paged(request, ScriptHost.objects.all(), _KEYS, _rendered)

    @extend_schema(
        operation_id="allow_script_host",
        tags=["governance"],
        request={"application/json": shape(host=TEXT, port=NUMBER, description=TEXT)},
        responses={201: _HOST, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        allowed = allow_host(
            caller_in(request),
            host=fields.text("host"),
            port=fields.number("port", HTTPS_PORT),
            description=fields.text("description", ""),
        )
        return Response(_rendered(allowed), status=201)


class SingleScriptHost(ConfiguringView):
    """Let scripts ask a host no longer."""

    @extend_schema(operation_id="retire_script_host", tags=["governance"],
                   responses={204: OpenApiResponse(description="Gone."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, host_id: UUID) -> Response:
        retire_host(caller_in(request), public_id=host_id)
        return Response(status=204)


def _rendered(allowed: ScriptHost) -> dict[str, Any]:
    return {
        "id": str(allowed.public_id),
        "host": allowed.host,
        "port": allowed.port,
        "description": allowed.description,
    }
