"""The caller's own environment."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.environments import change_environment
from governance.api.configuring import ConfiguringView
from governance.models import Environment
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, TEXT, shape

_ENVIRONMENT = shape(id=ID, name=TEXT, description=TEXT, is_protected=FLAG, is_synthetic=FLAG, created_at=MOMENT)


class OwnEnvironment(ConfiguringView):
    """Read or change the environment whose credentials the caller has."""

    @extend_schema(operation_id="get_environment", tags=["governance"], responses={200: _ENVIRONMENT, **PROBLEMS})
    def get(self, request: Request) -> Response:
        return Response(_rendered(Environment.objects.get(pk=caller_in(request).environment_id)))

    @extend_schema(
        operation_id="update_environment",
        tags=["governance"],
        request={"application/json": shape(description=TEXT, is_protected=FLAG)},
        responses={200: _ENVIRONMENT, **PROBLEMS},
    )
    def put(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        stored = Environment.objects.get(pk=caller.environment_id)
        changed = change_environment(
            caller,
            description=fields.kept_text("description", stored.description),
            is_protected=fields.kept_flag("is_protected", stored=stored.is_protected),
        )
        return Response(_rendered(changed))


def _rendered(row: Environment) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "name": row.name,
        "description": row.description,
        "is_protected": row.is_protected,
        "is_synthetic": row.is_synthetic,
        "created_at": row.created_at,
    }
