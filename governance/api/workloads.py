"""Which builds may run as a client, and who measures what runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.launchers import register_launcher, withdraw_launcher
from governance.actions.workload_policies import (
    MODES,
    WorkloadSpec,
    retire_workload_policy,
    set_workload_policy,
)
from governance.api.configuring import ConfiguringView
from governance.errors import Invalid, NotFound
from governance.models import Launcher, WorkloadPolicy
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_NAME
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, NUMBER, TEXT, array, choice, or_null, page_shape, shape
from keyring.walls import in_environment

_POLICY = shape(
    mode=choice(*MODES), builders=array(TEXT), repository_ids=array(TEXT), needs_protected_ref=FLAG,
    least_build_level=NUMBER, max_age_hours=or_null(NUMBER), ci_issuer=TEXT, ci_workflows=array(TEXT),
    ci_environments=array(TEXT),
)  # fmt: skip
_LAUNCHER = shape(
    id=ID, name=TEXT, client_id=ID, public_key=TEXT, key_id=TEXT, created_at=MOMENT, withdrawn_at=or_null(MOMENT)
)


class ClientWorkloadPolicy(ConfiguringView):
    """Read, set or retire the workload policy of a client."""

    @extend_schema(operation_id="get_workload_policy", tags=["reviewed builds"], responses={200: _POLICY, **PROBLEMS})
    def get(self, request: Request, client_id: UUID) -> Response:
        with in_environment(caller_in(request).environment_id):
            found = WorkloadPolicy.objects.filter(client__public_id=client_id).first()
        if found is None:
            raise NotFound("This client has no workload policy.", field="client_id")
        return Response(_rendered(found))

    @extend_schema(
        operation_id="set_workload_policy",
        tags=["reviewed builds"],
        request={"application/json": {**_POLICY, "required": ["mode"]}},
        responses={200: _POLICY, **PROBLEMS},
    )
    def put(self, request: Request, client_id: UUID) -> Response:
        fields = Fields(request.data)
        spec = WorkloadSpec(
            mode=fields.text("mode"),
            builders=_texts(fields, "builders"),
            repository_ids=_texts(fields, "repository_ids"),
            needs_protected_ref=fields.flag("needs_protected_ref", default=True),
            least_build_level=fields.number("least_build_level", 0),
            max_age_hours=fields.number("max_age_hours") if fields.raw("max_age_hours") is not None else None,
            ci_issuer=fields.text("ci_issuer", ""),
            ci_workflows=_texts(fields, "ci_workflows"),
            ci_environments=_texts(fields, "ci_environments"),
        )
        return Response(_rendered(set_workload_policy(caller_in(request), client_id=client_id, spec=spec)))

    @extend_schema(operation_id="retire_workload_policy", tags=["reviewed builds"],
                   responses={204: OpenApiResponse(description="Retired."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, client_id: UUID) -> Response:
        retire_workload_policy(caller_in(request), client_id=client_id)
        return Response(status=204)


class Launchers(ConfiguringView):
    """List or register launchers."""

    @extend_schema(operation_id="list_launchers", tags=["reviewed builds"], parameters=list_parameters(BY_NAME),
                   responses={200: page_shape(_LAUNCHER), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, Launcher.objects.select_related("client"), BY_NAME, _rendered_launcher)

    @extend_schema(
        operation_id="register_launcher",
        tags=["reviewed builds"],
        request={
            "application/json": {
                **shape(name=TEXT, client_id=ID, public_key={**TEXT, "description": "PEM, of Ed25519."}),
                "required": ["name", "client_id", "public_key"],
            }
        },
        responses={201: _LAUNCHER, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        launcher = register_launcher(
            caller_in(request),
            name=fields.text("name"),
            client_id=fields.id("client_id"),
            public_key=fields.text("public_key"),
        )
        return Response(_rendered_launcher(launcher), status=201)


class SingleLauncher(ConfiguringView):
    """Withdraw a launcher."""

    @extend_schema(operation_id="withdraw_launcher", tags=["reviewed builds"], responses={200: _LAUNCHER, **PROBLEMS})
    def delete(self, request: Request, launcher_id: UUID) -> Response:
        return Response(_rendered_launcher(withdraw_launcher(caller_in(request), launcher_id=launcher_id)))


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    found = tuple(fields.array(name))
    if not all(isinstance(each, str) and "\0" not in each and each.isprintable() for each in found):
        raise Invalid("This has to be an array of texts.", field=fields.path(name))
    return found


def _rendered(policy: WorkloadPolicy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in _POLICY["properties"]}


def _rendered_launcher(launcher: Launcher) -> dict[str, Any]:
    shown = ("name", "public_key", "key_id", "created_at", "withdrawn_at")
    told = {name: getattr(launcher, name) for name in shown}
    return {"id": str(launcher.public_id), "client_id": str(launcher.client.public_id), **told}
